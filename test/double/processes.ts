// Looking at processes the tests started, by id, through /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { eventually } from './eventually.ts'
import { isAlive, parentOf, processTree } from './process-tree.ts'
import type { RunningPortico } from './server.ts'

/** Open descriptors of a process that are sockets. */
export function socketCount(pid: number): number {
  let count = 0
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')) count++
    } catch {
      // Closed while we looked.
    }
  }
  return count
}

/** Resident memory in KiB. */
export function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/^VmRSS:\s+([0-9]+)/m.exec(status)?.[1] ?? 0)
}

/** Ids of the workers that have said they are ready and still live. */
export function workerPids(server: RunningPortico): number[] {
  const ready = server.stderr().matchAll(/worker\.ready .*?pid=([0-9]+)/g)
  return [...ready].map((match) => Number(match[1])).filter(isAlive)
}

/** Waits until that many workers are ready. */
export function untilWorkers(server: RunningPortico, count: number): Promise<number[]> {
  return eventually(`${count} ready workers`, () => {
    const pids = workerPids(server)
    return pids.length === count ? pids : undefined
  })
}

/** Id of the HTTP process. */
export function httpPid(server: RunningPortico): number {
  const [pid] = httpPids(server)
  if (pid === undefined) throw new Error('there is no HTTP process')
  return pid
}

/** Ids of all HTTP processes, those that drain included. */
export function httpPids({ pid }: RunningPortico): number[] {
  return processTree(pid).filter((one) => parentOf(one) === pid && isAlive(one) && isNode(one))
}

function isNode(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('http-main')
  } catch {
    return false
  }
}
