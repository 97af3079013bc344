// The services of the configuration: each with its account, all started and stopped together, and after a reload those
// alone that have changed. They never delay the server, and nothing that is wrong with them stops it.

import { monotonicMs } from '../clock.ts'
import type { Effective, Service as Settings } from '../config/effective.ts'
import type { Log } from '../log/log.ts'
import { Service } from '../process/service/service.ts'
import type { Keeper } from '../process/system/keeper.ts'
import { serviceAccount } from './accounts.ts'

interface Kept {
  readonly service: Service
  /** The settings that it was started with. */
  readonly as: string
  isLeaving: boolean
}

export class Services {
  readonly #log: Log
  readonly #keeper: Keeper
  readonly #kept = new Map<string, Kept>()
  #wanted: readonly Settings[] = []
  #stopping = false

  constructor(log: Log, keeper: Keeper) {
    this.#log = log
    this.#keeper = keeper
  }

  /**
   * Starts what is new, ends what is gone, and does one after the other where settings have changed: a scheduler never runs
   * twice. What is as it was goes on. Nobody waits for any of that.
   */
  keep({ services }: Effective): void {
    this.#wanted = services
    for (const name of new Set([...this.#kept.keys(), ...services.map((one) => one.name)])) this.#settle(name)
  }

  /** Those that are kept, and the pid of each; 0 while it is not running. */
  get pids(): ReadonlyMap<string, number> {
    return new Map([...this.#kept].map(([name, { service }]) => [name, service.pid]))
  }

  /** All at the same time, each within its stop_time, or at once. Resolves when they have ended. */
  async stop(how: 'finish' | 'now'): Promise<void> {
    this.#stopping = true
    await Promise.all([...this.#kept.values()].map(({ service }) => service.stop(how)))
  }

  #settle(name: string): void {
    if (this.#stopping) return
    const settings = this.#wanted.find((one) => one.name === name)
    const kept = this.#kept.get(name)
    if (kept === undefined) {
      if (settings !== undefined) this.#start(settings)
      return
    }
    if (kept.isLeaving || kept.as === JSON.stringify(settings)) return
    kept.isLeaving = true
    void kept.service.stop('finish').then(() => {
      this.#kept.delete(name)
      this.#settle(name)
    })
  }

  #start(settings: Settings): void {
    const account = serviceAccount(settings)
    if (account.kind === 'bad') {
      this.#log.error('service.failed', { service: settings.name }, `${account.message}\n${account.hint}`)
      return
    }
    const service = new Service({
      spec: settings,
      identity: account.identity,
      inherited: process.env,
      keeper: this.#keeper,
      log: this.#log,
      clock: monotonicMs,
    })
    this.#kept.set(settings.name, { service, as: JSON.stringify(settings), isLeaving: false })
    service.start()
  }
}
