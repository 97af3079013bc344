// What is said in the error log about the workers of one application, and the one line that says what is wrong.

import { wallClockMs } from '../clock.ts'
import type { Facts } from '../failure.ts'
import type { Log } from '../log/log.ts'
import { type Crash, crashDetails, crashHeadline, crashLikeness } from './crash-report.ts'
import { sayWorn, type Wear, type WearState } from './wear.ts'
import type { StartFailure, ThreadStack } from './worker/control-line.ts'
import { failureText, stackText } from './worker/start-failure.ts'
import type { Worker } from './worker/worker-contract.ts'

/** The last thing that went wrong, however well all is by now. */
export interface Trouble {
  /** One line. */
  readonly text: string
  /** In ms since 1970. */
  readonly wallMs: number
}

export class Reports {
  readonly #log: Log
  /** Why no worker is ready; null when nothing is known to be wrong. */
  problem: string | null = null
  /** As it was logged last, without numbers of processes; the same again is told in one line. */
  #lastFailure = ''
  /** As what the last death looked that was told in full. */
  #lastDeath = ''
  #trouble: Trouble | null = null
  #lost = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** Null as long as nothing has ever gone wrong. */
  get trouble(): Trouble | null {
    return this.#trouble
  }

  /** Workers that ended, or failed to start, although nobody asked for it. */
  get lost(): number {
    return this.#lost
  }

  /** What went wrong before is outdated. */
  forget(): void {
    this.problem = null
    this.#lastFailure = ''
  }

  started(worker: Worker): void {
    // One that is forked has no process yet.
    this.#log.info('worker.start', { ...worker.facts, pid: worker.pid === 0 ? undefined : worker.pid })
  }

  ready(worker: Worker, tookMs: number): void {
    this.#log.info('worker.ready', { ...worker.facts, tookMs: Math.round(tookMs) })
    this.forget()
  }

  /** `headline` comes first; `retryMs` is the time to the next try, undefined when there is none planned. */
  failed(facts: Facts, failure: StartFailure, retryMs: number | undefined, headline = ''): void {
    this.problem = firstLine(failure.message)
    this.#lost++
    this.#note(this.problem)
    const text = failureText(failure)
    const likeness = text.replace(/\b(worker|pid) \d+/g, '$1')
    const known = likeness === this.#lastFailure
    const told = known ? `As before: ${this.problem}` : text
    this.#lastFailure = likeness
    this.#log.error(
      'worker.failed',
      { ...facts, reason: failure.reason, retryMs },
      headline === '' || known ? told : `${headline}\n${told}`,
    )
  }

  /** One that looks like the one before, while the next start waits, is told without its stack. */
  died(workerFacts: Facts, crash: Crash): void {
    const { exit, deaths, retryMs } = crash
    const likeness = crashLikeness(crash)
    const known = likeness === this.#lastDeath && (retryMs ?? 0) > 0
    this.#lastDeath = likeness
    const facts = { code: exit.code ?? undefined, signal: exit.signal ?? undefined, deaths, retryMs }
    this.#lost++
    this.#note(crashHeadline(crash))
    const headline = known ? `As before: ${crashHeadline(crash)}` : crashHeadline(crash)
    const text = [headline, ...crashDetails(crash, known)].join('\n')
    this.#log.error('worker.exited', { ...workerFacts, ...facts }, text)
  }

  retired(facts: Facts): void {
    this.#log.info('worker.retired', facts)
  }

  /** A program has ended by itself, with nothing in its hands. */
  finished(facts: Facts, requests: number): void {
    this.#log.info('worker.retired', { ...facts, requests }, 'It ended by itself between two requests')
  }

  worn(worker: Worker, wear: Wear, state: WearState | undefined): void {
    sayWorn(this.#log, worker.facts, wear, state)
  }

  stuck(worker: Worker, request: string, threads: readonly ThreadStack[]): void {
    this.#note(
      `Worker ${worker.number} did not answer in time${request === '' ? '' : ` (request ${request})`}`,
    )
    this.#log.error('worker.stuck', { ...worker.facts, request }, stackText(threads, request))
  }

  /** Somebody has ended a request; `by` is who. */
  interrupted(worker: Worker, request: string, by: string, threads: readonly ThreadStack[]): void {
    const own = threads.filter((thread) => thread.request === request)
    this.#log.warn('worker.interrupted', { ...worker.facts, request, by }, stackText(own, request))
  }

  #note(text: string): void {
    this.#trouble = { text, wallMs: wallClockMs() }
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
