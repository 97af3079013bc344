// Which process listens on a TCP port or a unix socket? Read from /proc (Linux); elsewhere, or without permission,
// nobody knows.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

export interface PortOwner {
  readonly pid: number
  /** Name of its program; of Portico and other programs on Node the script as well. */
  readonly command: string
}

// A machine with more processes than this is not searched through; it is only for a friendlier message.
const searchedProcessesCount = 4096
const listening = '0A'
const acceptsConnections = '00010000'

export function findPortOwner(port: number): PortOwner | undefined {
  const inodes = new Set([
    ...listeningInodes('/proc/net/tcp', port),
    ...listeningInodes('/proc/net/tcp6', port),
  ])
  return findHolder(inodes)
}

/** Which process listens on the unix socket with this path? */
export function findSocketOwner(path: string): PortOwner | undefined {
  // 'Num RefCount Protocol Flags Type St Inode Path'; the flag __SO_ACCEPTCON tells those that listen.
  const columns = read('/proc/net/unix')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const listeners = columns.filter(
    (found) => found[3] === acceptsConnections && found.slice(7).join(' ') === path,
  )
  return findHolder(new Set(listeners.map((found) => `socket:[${found[6] ?? ''}]`)))
}

function findHolder(inodes: ReadonlySet<string>): PortOwner | undefined {
  if (inodes.size === 0) return undefined
  const pids = list('/proc').filter((name) => /^\d+$/.test(name))
  for (const pid of pids.slice(0, searchedProcessesCount)) {
    const holds = list(`/proc/${pid}/fd`).some((fd) => inodes.has(link(`/proc/${pid}/fd/${fd}`)))
    if (holds) return { pid: Number(pid), command: commandOf(pid) }
  }
  return undefined
}

/** 'nginx', 'portico serve', 'node server.js': what tells a person which program this is, without its arguments. */
function commandOf(pid: string): string {
  const [program = '', script = '', verb = ''] = read(`/proc/${pid}/cmdline`).split('\0')
  const name = read(`/proc/${pid}/comm`).trim()
  if (basename(program) !== 'node' || script === '' || script.startsWith('-')) return name
  return /^portico(\.js)?$/.test(basename(script)) ? `portico ${verb}`.trim() : `node ${basename(script)}`
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
