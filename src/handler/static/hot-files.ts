// Small files that are asked for often, kept in memory with the answer they make. What is kept is as true as a look at the
// file system not more than a second ago: then the next request goes the whole way to the file again, with every rule on it,
// and finds that the file is the same, or what it is now. So a change of any kind is seen: content, name, permission, symlink.

import type { BigIntStats } from 'node:fs'
import type { Coding } from '../../http/accept-encoding.ts'
import { type Answer, maxJoinedBytes } from '../../http/exchange.ts'
import type { Representation } from './representation.ts'

/** Files up to this many octets are read whole and may be kept. */
export const maxHotFileBytes = 1024 * 1024
/** All that is kept together. */
export const maxHotBytes = 64 * 1024 * 1024
/** What a file costs beside its octets: about, and rather more. */
const overheadBytes = 4096
/** A look at the file system is believed for so long. */
const trustedMs = 1000
/** After this a first request looks again, while the others are still answered from memory. */
const recheckMs = 700
/**
 * A file that has changed so recently may change again without its times showing it: the kernel's clock for files has ticks
 * of up to 10 ms. It is not kept yet.
 */
const settledMs = 50

/** Which state of which file; equal when nothing has changed. */
export interface FileIdentity {
  readonly name: string
  readonly coding: Coding
  readonly dev: bigint
  /** Holds inode, size and times. */
  readonly etag: string
}

export interface HotFile {
  readonly identity: FileIdentity
  readonly whole: Representation
  readonly bytes: Buffer
  /** To a GET of the whole. */
  readonly answer: Answer
}

interface Kept extends HotFile {
  readonly home: Map<string, Kept>
  readonly key: string
  checkedMs: number
  isBeingChecked: boolean
  wasUsed: boolean
}

/** The room for all mounts together: what was not asked for since its last turn goes first. */
export class HotMemory {
  readonly #limit: number
  /** In the order of their turn. */
  readonly #all = new Set<Kept>()
  #bytes = 0

  constructor(limit = maxHotBytes) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  add(kept: Kept): void {
    this.#all.add(kept)
    kept.home.set(kept.key, kept)
    this.#bytes += costOf(kept)
    for (const other of this.#all) {
      if (this.#bytes <= this.#limit) return
      if (other.wasUsed) {
        other.wasUsed = false
        this.#all.delete(other)
        this.#all.add(other)
      } else this.remove(other)
    }
  }

  remove(kept: Kept): void {
    if (!this.#all.delete(kept)) return
    this.#bytes -= costOf(kept)
    kept.home.delete(kept.key)
  }
}

/** The small ones twice, because what is sent of them is head and octets in one piece of memory. */
function costOf({ bytes, key }: Kept): number {
  return bytes.length + Math.min(bytes.length, maxJoinedBytes) + 2 * key.length + overheadBytes
}

/** The hot files of one mount for one order of codings, by path info. */
export class HotFiles {
  readonly #memory: HotMemory
  readonly #kept = new Map<string, Kept>()

  constructor(memory: HotMemory) {
    this.#memory = memory
  }

  /** What may be sent without a look at the file system; `nowMs` is monotonic. */
  find(pathInfo: string, nowMs: number): HotFile | undefined {
    const kept = this.#kept.get(pathInfo)
    if (kept === undefined) return undefined
    const age = nowMs - kept.checkedMs
    if (age >= recheckMs) {
      if (age >= trustedMs || !kept.isBeingChecked) {
        kept.isBeingChecked = true
        return undefined
      }
    }
    kept.wasUsed = true
    return kept
  }

  /** The file was looked at for a request that came at `nowMs`: what is kept of it, if it is the same still. */
  renew(pathInfo: string, identity: FileIdentity, nowMs: number): HotFile | undefined {
    const kept = this.#kept.get(pathInfo)
    if (kept === undefined) return undefined
    if (!isSame(kept.identity, identity)) {
      this.#memory.remove(kept)
      return undefined
    }
    kept.checkedMs = Math.max(kept.checkedMs, nowMs)
    kept.isBeingChecked = false
    kept.wasUsed = true
    return kept
  }

  keep(pathInfo: string, file: HotFile, nowMs: number): void {
    const before = this.#kept.get(pathInfo)
    // A later request has seen a later state already.
    if (before !== undefined && before.checkedMs > nowMs) return
    this.forget(pathInfo)
    const state = { checkedMs: nowMs, isBeingChecked: false, wasUsed: false }
    this.#memory.add({ ...file, ...state, home: this.#kept, key: pathInfo })
  }

  /** Something else is there now, or nothing. */
  forget(pathInfo: string): void {
    const kept = this.#kept.get(pathInfo)
    if (kept !== undefined) this.#memory.remove(kept)
  }
}

function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.etag === b.etag && a.name === b.name && a.coding === b.coding && a.dev === b.dev
}

/** Whether a file may be kept at all; `wallMs` is since 1970. */
export function isSettled({ ctimeMs, mtimeMs }: BigIntStats, wallMs: number): boolean {
  // What claims to come from the future has a Last-Modified that moves with the clock.
  return wallMs - Number(ctimeMs) >= settledMs && Number(mtimeMs) <= wallMs
}
