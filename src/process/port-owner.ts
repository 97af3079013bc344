// Which process listens on a TCP port? Read from /proc (Linux); elsewhere, or without permission, nobody
// knows.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface PortOwner {
  readonly pid: number
  /** Name of its program. */
  readonly command: string
}

// A machine with more processes than this is not searched through; it is only for a friendlier message.
const searchedProcessesCount = 4096
const listening = '0A'

export function findPortOwner(port: number): PortOwner | undefined {
  const inodes = new Set([
    ...listeningInodes('/proc/net/tcp', port),
    ...listeningInodes('/proc/net/tcp6', port),
  ])
  if (inodes.size === 0) return undefined
  const pids = list('/proc').filter((name) => /^\d+$/.test(name))
  for (const pid of pids.slice(0, searchedProcessesCount)) {
    const holds = list(`/proc/${pid}/fd`).some((fd) => inodes.has(link(`/proc/${pid}/fd/${fd}`)))
    if (holds) return { pid: Number(pid), command: read(`/proc/${pid}/comm`).trim() }
  }
  return undefined
}

/** Lines of proc(5) net/tcp: 'sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...'. */
function listeningInodes(path: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return read(path)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === listening)
    .map((columns) => `socket:[${columns[9] ?? ''}]`)
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
