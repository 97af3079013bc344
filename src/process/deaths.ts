// The workers of one application that ended unasked: what is known of an end comes together here from the worker, the
// control group and the HTTP processes, and is reported once.

import { type Crash, crashHeadline } from './crash-report.ts'
import { Deadline } from './deadline.ts'
import { HeldRequests } from './held-requests.ts'
import type { Exit, Held } from './messages.ts'
import type { Reports } from './reports.ts'
import { MemoryKills, sampleMs } from './system/memory-kills.ts'
import type { Worker } from './worker/worker-contract.ts'

type Death = Pick<Crash, 'exit' | 'memory' | 'retryMs'> & {
  readonly worker: Worker
  readonly doubt: ((isFault: boolean) => void) | undefined
}

export class Deaths {
  readonly #reports: Reports
  readonly #told: (crash: Crash) => void
  readonly #kills = new MemoryKills()
  readonly #sampling = new Deadline()
  readonly #held = new HeldRequests()
  /** What counts the kernel's kills. Weak: most workers end otherwise, and nobody says so here. */
  readonly #counters = new WeakMap<Worker, string>()
  readonly #died = new Map<number, Death>()
  readonly #telling = new Set<Promise<void>>()
  #count = 0

  /** @param told what was reported */
  constructor(reports: Reports, told: (crash: Crash) => void) {
    this.#reports = reports
    this.#told = told
  }

  /** It is ready now, and may die. */
  watch(worker: Worker): void {
    const counter = this.#kills.watch(worker.pid)
    if (counter !== undefined) this.#counters.set(worker, counter)
  }

  /** From now on it looks at what must be known before a death. */
  start(): void {
    this.#kills.sample()
    this.#sampling.arm(sampleMs, () => this.start())
  }

  /** Workers end because they are asked to. */
  stop(): void {
    this.#sampling.clear()
  }

  /**
   * A worker has died; `retryMs`: the next start, undefined when it is not replaced for that. A program that ends with 0 may
   * have served as long as it means to; `doubt` hears of it: it is a fault when it has had no request, or one in its hands.
   */
  died(worker: Worker, exit: Exit, retryMs: number | undefined, doubt?: Death['doubt']): void {
    const death = { worker, exit, memory: this.#memory(worker), retryMs, doubt }
    this.#died.set(worker.number, death)
    if (retryMs === undefined || retryMs <= 0) return
    const crash = {
      ...this.#crash(death),
      deaths: this.#count + 1,
      held: undefined,
      untried: false,
      stack: '',
    }
    this.#reports.problem = `${crashHeadline(crash)}; that was soon after it was ready`
  }

  /** Reports it, once `processes` HTTP processes have said what it held and its last stack is here. */
  tell(number: number, processes: number): void {
    const death = this.#died.get(number)
    if (death === undefined) return
    this.#died.delete(number)
    const telling = this.#tell(death, processes).finally(() => this.#telling.delete(telling))
    this.#telling.add(telling)
  }

  held(worker: number, held: Held): void {
    this.#held.heard(worker, held)
  }

  /** Every death so far has been reported. */
  async told(): Promise<void> {
    await Promise.all(this.#telling)
  }

  async #tell(death: Death, processes: number): Promise<void> {
    const { worker } = death
    const [held, stack] = await Promise.all([this.#held.of(worker.number, processes), worker.lastStack()])
    const isFault = held === undefined || held.done === 0 || held.requests.length > 0
    death.doubt?.(isFault)
    if (death.doubt !== undefined && !isFault) {
      this.#reports.finished(worker.facts, held.done)
      return
    }
    this.#count += 1
    const untried = worker.kind === 'program' && held !== undefined && held.done + held.requests.length === 0
    const crash = { ...this.#crash(death), deaths: this.#count, held: held?.requests, untried, stack }
    this.#reports.died(worker.facts, crash)
    this.#told(crash)
  }

  #crash({ worker, doubt: _, ...death }: Death): Omit<Crash, 'held' | 'untried' | 'stack' | 'deaths'> {
    return { application: worker.facts.application, worker: worker.number, cause: worker.cause, ...death }
  }

  #memory(worker: Worker): Crash['memory'] {
    const counter = this.#counters.get(worker)
    if (counter === undefined) return 'unknown'
    return this.#kills.rose(counter) ? 'killed' : 'not-killed'
  }
}
