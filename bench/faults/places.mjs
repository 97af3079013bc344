// What a machine may lend to a measurement, and takes back: a control group with little memory, a small file system.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const groups = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
]
const patienceMs = 5000

/** A control group with so many octets of memory; undefined where none can be made. */
export function makeControlGroup(octets) {
  for (const { root, limit } of groups) {
    const path = join(root, `portico-bench-${process.pid}`)
    try {
      mkdirSync(path)
    } catch {
      continue
    }
    if (existsSync(join(path, limit))) {
      writeFileSync(join(path, limit), String(octets))
      return { tasks: join(path, 'cgroup.procs'), remove: () => removeGroup(path) }
    }
    rmdirSync(path)
  }
  return undefined
}

/** Processes that have ended leave their group a moment later. */
async function removeGroup(path) {
  const until = Date.now() + patienceMs
  for (;;) {
    try {
      rmdirSync(path)
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await wait(50)
    }
  }
}

/** A file system in memory at that path; false where none may be mounted. */
export function mountSmall(path, octets) {
  mkdirSync(path)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${octets}`, 'tmpfs', path]).status === 0
}

export function unmount(path) {
  spawnSync('umount', [path])
}

/** Takes all the room that is left where `path` is to be. */
export function fill(path) {
  try {
    const { bavail, bsize } = statfsSync(join(path, '..'))
    writeFileSync(path, Buffer.alloc(bavail * bsize + 1024 * 1024, 'x'))
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error
  }
}

export function free(path) {
  unlinkSync(path)
}

/** The library that shows a process another clock; undefined: not installed (Debian: libfaketime). */
export function fakeClock() {
  const found = ['x86_64', 'aarch64'].map(
    (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`,
  )
  return found.find((path) => existsSync(path))
}
