import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { limitLines } from './resource-limits.ts'

const unlimited = () => 'unlimited'

it('lowers what Node has raised, for scripts to raise it again', () => {
  const found = limitLines({}, (option) => (option === '-n' ? '4096' : undefined))
  expect(found).toMatchObject({ kind: 'ok', lines: [expect.stringMatching(/^ulimit -S -n 1024 \|\| /)] })
  const low = limitLines({}, () => '512')
  expect(low).toMatchObject({ lines: [expect.stringMatching(/^ulimit -S -n 512 /)] })
})

it('leaves what is above a hard limit at that, in the units of ulimit', () => {
  const limits = { cpu: 3, memory: 10_000_000, files: 99, file_size: 1025 }
  const found = limitLines(limits, (option) => (option === '-v' ? '100' : 'unlimited'))
  const commands = found.kind === 'ok' ? found.lines.map((line) => line.split(' ||')[0]) : []
  expect(commands).toEqual([
    'ulimit -n 99',
    'ulimit -S -t 3',
    'ulimit -H -t 4',
    'ulimit -v 100',
    'ulimit -f 3',
  ])
})

it('takes the letter that the shell knows, and refuses what it cannot set', () => {
  const asDash = (option: string) => (option === '-u' ? undefined : 'unlimited')
  expect(limitLines({ processes: 50 }, asDash)).toMatchObject({
    lines: [expect.any(String), expect.stringMatching(/^ulimit -p 50 /)],
  })
  const none = (option: string) => (option === '-n' ? 'unlimited' : undefined)
  expect(limitLines({ processes: 50 }, none)).toEqual({
    kind: 'bad',
    why: '/bin/sh cannot set "processes" of "limits"',
  })
  expect(limitLines({ other: 1 }, unlimited)).toMatchObject({ kind: 'bad' })
})

it('sets them in the shell that is here', () => {
  const limits = { cpu: 7, memory: 1 << 30, files: 77, processes: 5000, file_size: 1 << 20 }
  const found = limitLines(limits)
  const lines = found.kind === 'ok' ? found.lines : []
  const { stdout, stderr } = spawnSync(
    '/bin/sh',
    ['-c', [...lines, 'exec cat /proc/self/limits'].join('\n')],
    {
      encoding: 'utf8',
    },
  )
  expect(stderr).toBe('')
  const most = (name: string): string[] =>
    new RegExp(`^Max ${name} +(\\S+) +(\\S+)`, 'm').exec(stdout)?.slice(1) ?? []
  expect(most('cpu time')).toEqual(['7', '8'])
  expect(most('address space')).toEqual([String(1 << 30), String(1 << 30)])
  expect(most('open files')).toEqual(['77', '77'])
  expect(most('processes')).toEqual(['5000', '5000'])
  expect(most('file size')).toEqual([String(1 << 20), String(1 << 20)])
  expect(readFileSync('/proc/self/limits', 'utf8')).not.toMatch(/^Max cpu time +7/m)
})
