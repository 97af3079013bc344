// Looks whether there are descriptors left. Nobody is accepted without one, and Node says nothing of that.

import type { Log } from '../log/log.ts'
import { descriptorLimit, descriptorsLeft } from './descriptors.ts'

/** How often it is looked, how many idle connections go when there are none, and how often that is said. */
const lookMs = 1000
const closedAtOnce = 32
const sayMs = 60_000

const hint =
  'New connections and files find no descriptor: raise the limit (ulimit -n, LimitNOFILE), lower limits.connections, or find out what leaks'

export interface DescriptorWatchOptions {
  readonly log: Log
  /** Connections that are open now. */
  readonly connections: () => number
  /** Closes an idle connection; false when there is none. */
  readonly makeRoom: () => boolean
}

export class DescriptorWatch {
  readonly #options: DescriptorWatchOptions
  #lookedMs = 0
  #saidMs = Number.NEGATIVE_INFINITY

  constructor(options: DescriptorWatchOptions) {
    this.#options = options
  }

  sweep(nowMs: number): void {
    if (nowMs - this.#lookedMs < lookMs) return
    this.#lookedMs = nowMs
    if (descriptorsLeft()) return
    const { log, connections, makeRoom } = this.#options
    for (let closed = 0; closed < closedAtOnce && makeRoom(); closed++);
    if (nowMs - this.#saidMs < sayMs) return
    this.#saidMs = nowMs
    log.error('descriptors.exhausted', { limit: descriptorLimit(), connections: connections() }, hint)
  }
}
