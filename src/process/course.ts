// What the workers of an application are to be: the newest generation and what is known of its starts, how many are wanted,
// and what was before it while somebody waits to see whether it works. Knows no workers.

import type { ApplicationSpec, WorkerPlace } from './application-spec.ts'
import type { Load } from './messages.ts'
import { afterDeath, afterFailedStart, type Fleet, type History, type Member, noHistory } from './plan.ts'
import { type Generation, Renewal } from './renewal.ts'
import { renewedScale, type ScaleState, scaled, scaleLimits, startScale } from './scale.ts'
import type { FirstStart } from './supervision.ts'

export class Course {
  readonly #clock: () => number
  readonly #renewal = new Renewal()
  #newest: Generation
  /** The last number that was given to one. */
  #last: number
  #history: History = noHistory
  #scale: ScaleState
  /** Of the generation before, while somebody waits for the newest. */
  #scaleBefore: ScaleState | undefined
  #isHeld = false

  constructor(newest: Generation, clock: () => number) {
    this.#clock = clock
    this.#newest = newest
    this.#last = newest.number
    this.#scale = startScale(scaleLimits(newest.application), clock())
  }

  /** As workers are started from now on. */
  get application(): ApplicationSpec {
    return this.#newest.application
  }

  get place(): WorkerPlace {
    return this.#newest.place
  }

  get newest(): Generation {
    return this.#newest
  }

  get generation(): number {
    return this.#newest.number
  }

  /** Workers of it may still be started: it is the newest, or was that until somebody asked for a newer one. */
  mayStart(generation: number): boolean {
    return generation === this.generation || generation === this.#renewal.before?.number
  }

  get history(): History {
    return this.#history
  }

  /** Number of workers. */
  get wanted(): number {
    return this.#scale.wanted
  }

  /** Until the next start may come, milliseconds; 0 or less: it may. */
  get waitMs(): number {
    return this.#history.notBefore - this.#clock()
  }

  fleet(members: readonly Member[], changing: boolean): Fleet {
    const { limits } = this.application
    return {
      wanted: this.wanted,
      held: this.#isHeld,
      generation: this.generation,
      changing,
      drainMs: limits.drain_time,
      members,
      history: this.#history,
    }
  }

  next(application: ApplicationSpec, place: WorkerPlace): void {
    this.#last += 1
    this.#newest = { application, place, number: this.#last }
    this.#isHeld = false
    this.#history = noHistory
    this.#scale = renewedScale(this.#scale, scaleLimits(application))
  }

  /** The same, for somebody who waits to see what becomes of it; until then the one before it is remembered. */
  ask(application: ApplicationSpec, place: WorkerPlace): Promise<FirstStart> {
    const outcome = this.#renewal.ask(this.#newest)
    this.#scaleBefore ??= this.#scale
    this.next(application, place)
    this.#isHeld = true
    return outcome
  }

  /**
   * What became of the newest generation is known: whoever asked for it is told, and says with `release` or `takeBack`
   * whether it takes over.
   */
  settle(outcome: FirstStart): void {
    this.#renewal.settle(outcome)
  }

  /** One worker of the newest generation is started to see whether it works; it takes no requests yet. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** The newest generation takes over. */
  release(): void {
    this.#isHeld = false
    this.#forgetBefore()
  }

  #forgetBefore(): void {
    this.#renewal.forget()
    this.#scaleBefore = undefined
  }

  /** The generation that was asked for fails: true when the one before it goes on as if nothing had been. */
  takeBack(): boolean {
    const { before } = this.#renewal
    if (before === undefined) return false
    this.#newest = before
    this.#scale = this.#scaleBefore ?? this.#scale
    this.#history = { ...noHistory, everReady: true }
    this.#isHeld = false
    this.#forgetBefore()
    return true
  }

  /** True when another number of workers is wanted now. */
  loaded(load: Load): boolean {
    const before = this.wanted
    const { application } = this
    this.#scale = scaled(this.#scale, load, application.threads, scaleLimits(application), this.#clock())
    return this.wanted !== before
  }

  /** A worker of the newest generation is ready. */
  proved(): void {
    this.#history = { ...this.#history, everReady: true }
    // The time that its start took is none that nobody needed it.
    this.#scale = { wanted: Math.max(1, this.wanted), peak: 0, since: this.#clock() }
    this.settle({ kind: 'ready' })
  }

  /** One of them could not start its application. */
  failed(fleet: Fleet): void {
    this.#history = afterFailedStart(fleet, this.#clock())
  }

  /** One of them has ended by itself, and had served as long as it means to. */
  finished(): void {
    this.#history = { ...this.#history, failures: 0, notBefore: 0 }
  }

  /** One of them that had been ready ended unasked. */
  died(fleet: Fleet, startedAt: number, readySince: number): void {
    this.#history = afterDeath(fleet, { startedAt, readySince }, this.#clock())
  }
}
