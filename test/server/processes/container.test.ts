// The supervisor as process 1 of a namespace of its own, as in a container without an init.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { scratch } from '../cli/command.ts'

const root = join(import.meta.dirname, '../../..')
const namespace = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']
const [command = '', ...options] = namespace
const permitted = spawnSync(command, [...options, 'true']).status === 0

function inNamespace(): string {
  const script = `#!/bin/sh\nexec ${namespace.join(' ')} "${process.execPath}" "${root}/bin/portico.js" "$@"\n`
  const path = join(scratch({ portico: script }), 'portico')
  chmodSync(path, 0o755)
  return path
}

async function start(config: string) {
  const server = await startPortico({ config, files: { 'index.html': 'ready\n' }, program: inNamespace() })
  const supervisor = processTree(server.pid).find((pid) => isFirst(pid))
  if (supervisor === undefined) throw new Error('nobody is process 1')
  return { server, supervisor }
}

/** Its id in the innermost namespace is 1. */
function isFirst(pid: number): boolean {
  return /^NSpid:.*\s1$/m.test(readStatus(pid))
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return ''
  }
}

function zombies(supervisor: number): number[] {
  return processTree(supervisor).filter((pid) => /^State:\s+Z/m.test(readStatus(pid)))
}

function said(server: RunningPortico, pattern: RegExp): Promise<RegExpExecArray> {
  return eventually(String(pattern), () => pattern.exec(server.stderr()) ?? undefined)
}

const mounts = 'mounts: { /: { files: . } }'

describe.skipIf(!permitted)('process 1', () => {
  it('takes orphans away, and still hears how its own children end', async () => {
    // Each sleep outlives the shell that has started it.
    const orphans =
      'n=0; while [ $n -lt 40 ]; do (sleep 0.0$n &); n=$((n + 1)); done; echo done; exec sleep 600'
    const config = `services:\n  maker: { command: [sh, -c, '${orphans}'] }\n  other: { command: [sleep, "600"] }\n${mounts}`
    const { server, supervisor } = await start(config)
    await said(server, /service\.output service=maker .* done/)
    // There are some for as long as two looks take.
    await eventually('zombies', () => (zombies(supervisor).length > 0 ? true : undefined))
    await eventually('no zombies', () => (zombies(supervisor).length === 0 ? true : undefined))
    const tree = processTree(supervisor)
    const other = tree.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1') === 'sleep\x00600\x00')
    process.kill(other ?? 0, 'SIGKILL')
    await said(server, /service\.exited .*signal=SIGKILL restarts=0/)
    await eventually('the next start', () =>
      (server.stderr().match(/service\.start /g) ?? []).length === 3 ? true : undefined,
    )
    process.kill(supervisor, 'SIGTERM')
    expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
    expect(tree.filter(isAlive)).toEqual([])
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in order on %s', async (signal) => {
    const { server, supervisor } = await start(mounts)
    expect((await fetch(server.url)).status).toBe(200)
    process.kill(supervisor, signal)
    expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
  })

  it('hears SIGHUP and SIGUSR1', async () => {
    const { server, supervisor } = await start(`log: { access: access.log }\n${mounts}`)
    const log = join(server.directory, 'access.log')
    await fetch(server.url)
    await eventually('a line', () => (existsSync(log) && readFileSync(log, 'utf8') !== '' ? true : undefined))
    renameSync(log, `${log}.1`)
    process.kill(supervisor, 'SIGUSR1')
    await eventually('a new log', () => (existsSync(log) ? true : undefined))
    process.kill(supervisor, 'SIGHUP')
    await said(server, /SIGHUP|reload/)
    expect((await fetch(server.url)).status).toBe(200)
    process.kill(supervisor, 'SIGTERM')
    expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
  })
})
