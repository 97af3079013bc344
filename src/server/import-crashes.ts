// Embedded applications that crash the HTTP process while they are imported. That process is started again, but with such
// an application in it nothing would ever be served: after a few crashes in a row it is started without.

import type { Log } from '../log/log.ts'
import type { Exit } from '../process/messages.ts'
import type { StartFailure } from '../process/worker/control-line.ts'
import { crashesAtImport, failureText } from '../process/worker/start-failure.ts'
import type { LeftOut } from './messages.ts'

/** As often it may crash; once may be chance, and memory may be short for a moment. */
const tries = 3

export class ImportCrashes {
  readonly #log: Log
  /** What each process is importing. */
  readonly #importing = new Map<object, string>()
  /** In a row, by application. */
  readonly #counts = new Map<string, number>()
  readonly #leftOut = new Map<string, StartFailure>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Until the next reload. */
  get leftOut(): LeftOut {
    return [...this.#leftOut]
  }

  /** The applications may be others now: each gets its tries again. */
  forget(): void {
    this.#counts.clear()
    this.#leftOut.clear()
  }

  importing(process: object, application: string): void {
    this.#importing.set(process, application)
  }

  /** It has been imported, or has failed without harm. */
  loaded(process: object, application: string): void {
    this.#importing.delete(process)
    this.#counts.delete(application)
  }

  exited(process: object, exit: Exit, planned: boolean, said: string): void {
    const application = this.#importing.get(process)
    this.#importing.delete(process)
    if (application === undefined || planned) return
    const count = (this.#counts.get(application) ?? 0) + 1
    this.#counts.set(application, count)
    if (count < tries) return
    const failure = crashesAtImport(application, exit, count, said)
    this.#leftOut.set(application, failure)
    this.#log.error('worker.failed', { application, reason: failure.reason }, failureText(failure))
  }
}
