// CPU time of whole process trees, read from /proc: what a server costs, whoever of its processes does the work.

import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** Fields of /proc/PID/stat behind the name: [0] state, [1] parent, [11] utime, [12] stime, [13] cutime, [14] cstime. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** The process and all its descendants. */
export function processTree(root) {
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const fields = stat(name)
    if (fields === undefined) continue
    const parent = Number(fields[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = []
  const queue = [root]
  while (queue.length > 0) {
    const pid = queue.pop()
    tree.push(pid)
    queue.push(...(children.get(pid) ?? []))
  }
  return tree
}

/** User and system time of a tree in seconds, children that ended included. */
export function cpuSeconds(roots) {
  let ticks = 0
  for (const root of roots) {
    for (const pid of processTree(root)) {
      const fields = stat(pid)
      if (fields !== undefined) ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    }
  }
  return ticks / ticksPerSecond
}

/** Resident memory of a tree in KiB, shared pages counted once (Pss). */
export function residentKib(root) {
  let total = 0
  for (const pid of processTree(root)) {
    try {
      const found = /^Pss:\s+([0-9]+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))
      total += Number(found?.[1] ?? 0)
    } catch {
      // It ended while we looked.
    }
  }
  return total
}
