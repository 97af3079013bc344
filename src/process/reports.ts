// What is said in the error log about the workers of one application, and the one line that says what is wrong.

import type { Facts } from '../failure.ts'
import type { Log } from '../log/log.ts'
import type { StartFailure, ThreadStack } from './control-line.ts'
import { describeExit, type Exit } from './messages.ts'
import { failureText, stackText } from './start-failure.ts'
import { sayWorn, type Wear, type WearState } from './wear.ts'
import type { Worker } from './worker.ts'

export class Reports {
  readonly #application: string
  readonly #log: Log
  #problem: string | null = null
  /** As it was logged last; the same again is told in one line. */
  #lastFailure = ''

  constructor(application: string, log: Log) {
    this.#application = application
    this.#log = log
  }

  /** Why no worker is ready; null when nothing is known to be wrong. */
  get problem(): string | null {
    return this.#problem
  }

  /** What went wrong before is outdated. */
  forget(): void {
    this.#problem = null
    this.#lastFailure = ''
  }

  started(worker: Worker): void {
    this.#log.info('worker.start', worker.facts)
  }

  ready(worker: Worker, tookMs: number): void {
    this.#log.info('worker.ready', { ...worker.facts, tookMs: Math.round(tookMs) })
    this.forget()
  }

  /** `headline` comes first; `retryMs` is the time to the next try, undefined when there is none planned. */
  failed(facts: Facts, failure: StartFailure, retryMs: number | undefined, headline = ''): void {
    this.#problem = firstLine(failure.message)
    const text = failureText(failure)
    const known = text === this.#lastFailure
    const told = known ? `As before: ${this.#problem}` : text
    this.#lastFailure = text
    this.#log.error(
      'worker.failed',
      { ...facts, reason: failure.reason, retryMs },
      headline === '' || known ? told : `${headline}\n${told}`,
    )
  }

  /** `soon`: it had only just become ready, and the next start waits. */
  died(worker: Worker, exit: Exit, facts: Facts, soon: boolean): void {
    const what = `Worker ${worker.number} of application "${this.#application}" ${describeExit(exit)}`
    if (soon) this.#problem = `${what} soon after it was ready`
    this.#log.error('worker.exited', facts, `${what}; the requests it held are lost`)
  }

  retired(facts: Facts): void {
    this.#log.info('worker.retired', facts)
  }

  worn(worker: Worker, wear: Wear, state: WearState | undefined): void {
    sayWorn(this.#log, worker.facts, wear, state)
  }

  stuck(worker: Worker, request: string, threads: readonly ThreadStack[]): void {
    this.#log.error('worker.stuck', { ...worker.facts, request }, stackText(threads, request))
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
