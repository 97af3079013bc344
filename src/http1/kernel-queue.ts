// What the kernel holds of the octets that were written to TCP sockets and that the other side has not acknowledged:
// tx_queue in proc(5) net/tcp. Node hears of room only when a third of a buffer of megabytes is free, which a slow but
// lively client may take minutes for. Read only while somebody is suspected of taking nothing; Linux.

import { fstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { monotonicMs } from '../clock.ts'

/** How old what was read may be. */
const freshMs = 1000
const files = ['/proc/net/tcp', '/proc/net/tcp6']

interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null
}

export class KernelQueues {
  readonly #read: () => Promise<readonly string[]>
  readonly #now: () => number
  /** Octets by inode of the socket. */
  #queues: ReadonlyMap<number, number> = new Map()
  #readMs = Number.NEGATIVE_INFINITY
  #reading = false

  constructor(read: () => Promise<readonly string[]> = readFiles, now: () => number = monotonicMs) {
    this.#read = read
    this.#now = now
  }

  /**
   * Octets in the kernel, as they were read after `sinceMs`; 'later' while they are being read; undefined where they are
   * not to be known.
   */
  of(
    socket: Socket,
    sinceMs: number,
  ): { readonly octets: number; readonly atMs: number } | 'later' | undefined {
    const inode = inodeOf(socket)
    if (inode === undefined) return undefined
    if (this.#readMs < sinceMs || this.#now() - this.#readMs > freshMs) {
      void this.#renew()
      return 'later'
    }
    const octets = this.#queues.get(inode)
    return octets === undefined ? undefined : { octets, atMs: this.#readMs }
  }

  async #renew(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    this.#queues = parse(await this.#read())
    // As of the end: a reading that takes long would never be fresh as of its beginning.
    this.#readMs = this.#now()
    this.#reading = false
  }
}

async function readFiles(): Promise<readonly string[]> {
  return Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')))
}

function inodeOf(socket: Socket): number | undefined {
  const fd = (socket as unknown as WithHandle)._handle?.fd
  if (fd === undefined || fd < 0) return undefined
  try {
    return fstatSync(fd).ino
  } catch {
    return undefined
  }
}

/** 'sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...' */
function parse(texts: readonly string[]): Map<number, number> {
  const queues = new Map<number, number>()
  for (const text of texts) {
    for (const [, queue, inode] of text.matchAll(
      /^ *\d+: \S+ \S+ \S+ ([0-9A-F]+):\S+ \S+ \S+ +\d+ +\d+ (\d+)/gm,
    )) {
      queues.set(Number(inode), Number.parseInt(queue as string, 16))
    }
  }
  return queues
}
