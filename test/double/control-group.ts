// A control group of the kernel with little memory, where the tests may make one (as root, cgroup v1 or v2).

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'

const places = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
]

/** Where a group with a limit of memory can be made; undefined: nowhere. */
function findPlace(): (typeof places)[number] | undefined {
  return places.find((place) => {
    const path = join(place.root, `portico-test-probe-${process.pid}`)
    try {
      mkdirSync(path)
      try {
        readFileSync(join(path, place.limit))
        return true
      } finally {
        rmdirSync(path)
      }
    } catch {
      return false
    }
  })
}

const place = findPlace()

/** Whether there can be one. */
export const hasControlGroups = place !== undefined

/** Makes a group that may have so many octets. Called before the processes are started that it will hold. */
export function makeControlGroup(octets: number): { readonly take: (pid: number) => void } {
  if (place === undefined) throw new Error('control groups cannot be made here')
  const path = join(place.root, `portico-test-${process.pid}`)
  mkdirSync(path)
  // What is registered first is called last: the processes have been ended by then.
  onTestFinished(async () => {
    await eventually('the control group is empty', () => {
      try {
        rmdirSync(path)
        return true
      } catch {
        return undefined
      }
    })
  })
  writeFileSync(join(path, place.limit), String(octets))
  return { take: (pid) => writeFileSync(join(path, 'cgroup.procs'), String(pid)) }
}
