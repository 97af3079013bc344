// Looks whether the control socket is still there: who removes the runtime directory while the server runs (a cleaner of
// temporary files, a script) leaves a server that nobody can talk to. What is gone is made again.

import type { Log } from '../log/log.ts'
import { Deadline } from '../process/deadline.ts'
import { isGone } from '../process/socket/socket-file.ts'
import type { StartProblem } from './start-problem.ts'

const lookMs = 1000

export interface RuntimeWatchOptions {
  /** Of the control socket. */
  readonly path: string
  /** Makes it and its directory again; resolves with what is in the way, or throws. */
  readonly restore: () => Promise<StartProblem | undefined>
  readonly log: Log
}

export class RuntimeWatch {
  readonly #options: RuntimeWatchOptions
  readonly #next = new Deadline()
  #stopped = false
  /** What was in the way last: told once. */
  #told = ''

  constructor(options: RuntimeWatchOptions) {
    this.#options = options
  }

  start(): void {
    if (!this.#stopped) this.#next.arm(lookMs, () => void this.#look())
  }

  stop(): void {
    this.#stopped = true
    this.#next.clear()
  }

  async #look(): Promise<void> {
    const { path, log } = this.#options
    const gone = await isGone(path)
    if (gone && !this.#stopped) {
      const why = await this.#restore()
      if (why === '')
        log.warn('runtime.removed', { path }, 'It was removed while the server runs, and has been made again')
      else if (why !== this.#told) log.error('runtime.lost', { path }, why)
      this.#told = why
    }
    this.start()
  }

  /** Resolves with what is in the way; '' when nothing is. */
  async #restore(): Promise<string> {
    try {
      const problem = await this.#options.restore()
      return problem === undefined ? '' : `${problem.message}\n${problem.hint}`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
