import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { MemoryKills } from './memory-kills.ts'

/** Control groups and /proc of a machine that has only process 7. */
function machine(groups: string) {
  const directory = temporaryDirectory()
  const [root, processes] = [join(directory, 'cgroup'), join(directory, 'proc')]
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  write(join(processes, '7/cgroup'), groups)
  const kills = new MemoryKills(root, processes)
  return {
    kills,
    root,
    count: (file: string, count: number) => write(join(root, file), countText(file, count)),
    /** So many samples later. */
    pass: (samples: number) => {
      for (let n = 0; n < samples; n++) kills.sample()
    },
  }
}

/** As the kernel writes it. */
function countText(file: string, count: number): string {
  return file.endsWith('events')
    ? `low 0\nhigh 0\nmax 9\noom 3\noom_kill ${count}\noom_group_kill 0\n`
    : `oom_kill_disable 0\nunder_oom 0\noom_kill ${count}\n`
}

const hybrid = '9:name=systemd:/\n5:cpu,memory:/shop\n0::/elsewhere\n'

describe.each([
  ['cgroup v2', '0::/system.slice/shop.service\n', 'system.slice/shop.service/memory.events'],
  ['cgroup v2 whose own group does not count', '0::/user.slice/shop\n', 'user.slice/memory.events'],
  ['cgroup v2 seen from within a container', '0::/docker/4711\n', 'memory.events'],
  ['cgroup v1', hybrid, 'memory/shop/memory.oom_control'],
  ['cgroup v1 seen from within a container', '5:memory:/docker/4711\n', 'memory/memory.oom_control'],
])('%s', (_, groups, file) => {
  it('tells a kill from a count that has always been there', () => {
    const { kills, root, count, pass } = machine(groups)
    count(file, 2)
    const counter = kills.watch(7) ?? ''
    expect(counter).toBe(join(root, file))
    expect(kills.rose(counter)).toBe(false)
    pass(9)
    expect(kills.rose(counter)).toBe(false)
    count(file, 3)
    expect(kills.rose(counter)).toBe(true)
  })
})

it('still knows a kill when the process is slow to be gone, and forgets it later', () => {
  const { kills, count, pass } = machine('0::/shop\n')
  count('shop/memory.events', 0)
  const counter = kills.watch(7) ?? ''
  pass(9)
  count('shop/memory.events', 1)
  expect(kills.rose(counter)).toBe(true)
  pass(1)
  expect(kills.rose(counter)).toBe(true)
  pass(1)
  expect(kills.rose(counter)).toBe(false)
  expect(kills.watch(7)).toBe(counter)
})

it('knows nothing where nothing counts, or of a process that has gone', () => {
  const { kills, root, count, pass } = machine('0::/shop\n')
  expect(kills.watch(7)).toBeUndefined()
  count('shop/memory.events', 0)
  expect(kills.watch(8)).toBeUndefined()
  const counter = kills.watch(7) ?? ''
  rmSync(join(root, 'shop'), { recursive: true })
  pass(1)
  expect(kills.rose(counter)).toBe(false)
})
