// The HTTP processes of a server: the one that serves, and those that finish what they have while it takes over.

import { monotonicMs } from '../clock.ts'
import type { StopHow } from '../listener/http-server.ts'
import type { Log } from '../log/log.ts'
import { HttpProcess } from '../process/http-process.ts'
import type { Identity } from '../process/identity.ts'
import { ImportCrashes } from './import-crashes.ts'
import type { FromHttpProcess, LeftOut, StartMessage, ToHttpProcess, WorkerNewsMessage } from './messages.ts'
import { entry } from './package-path.ts'
import type { StartProblem } from './start-problem.ts'
import { WorkerHolders } from './worker-holders.ts'

export interface HttpProcessesOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Listening sockets, which a process inherits from descriptor 4 on. */
  readonly descriptors: readonly number[]
  readonly identity: Identity | null
  /** Names of the applications that live in it; undefined: none. */
  readonly embedded: string | undefined
  readonly log: Log
  /** How long what a replaced process still has may take. */
  readonly drainMs: number
  /** The first message to a new process. */
  readonly greeting: (leftOut: LeftOut) => StartMessage
  readonly hear: (message: WorkerNewsMessage) => void
}

/** What a process gets beyond its own deadline before it is killed. */
export const exitGraceMs = 3000

export class HttpProcesses {
  readonly #options: HttpProcessesOptions
  readonly #retiring = new Set<HttpProcess>()
  readonly #holders = new WorkerHolders<HttpProcess>()
  readonly #crashes: ImportCrashes
  #serving: HttpProcess | undefined
  #next: HttpProcess | undefined
  #listening: ((problem: StartProblem | undefined) => void) | undefined
  #stopping = false
  /** Applications that the process which serves could not load. */
  readonly #notLoaded = new Set<string>()
  /** What the process that is to be replaced does with its idle connections. */
  #how: StopHow = 'finish'

  constructor(options: HttpProcessesOptions) {
    this.#options = options
    this.#crashes = new ImportCrashes(options.log)
  }

  /** Resolves when the first process listens, or with what is in the way. */
  start(): Promise<StartProblem | undefined> {
    return new Promise((resolve) => {
      this.#listening = resolve
      this.#serving = this.#make()
      this.#serving.start()
    })
  }

  tell(message: ToHttpProcess): void {
    if (message.kind === 'worker-gone') this.#holders.workerGone(message.gone)
    for (const process of [this.#serving, this.#next, ...this.#retiring]) {
      if (process?.send(message) !== true) continue
      if (message.kind === 'publication') this.#holders.told(process, message.publication)
    }
  }

  /** Starts another process; when it listens, the one that serves finishes what it has and ends. */
  replace(): void {
    if (this.#stopping || this.#next !== undefined) return
    this.#next = this.#make()
    this.#next.start()
  }

  /** Resolves when all have exited. 0 kills at once. */
  async stop(deadlineMs: number, message?: ToHttpProcess): Promise<void> {
    this.#stopping = true
    const all = [this.#serving, this.#next, ...this.#retiring]
    await Promise.all(all.map((process) => process?.stop(deadlineMs, message)))
  }

  #make(): HttpProcess {
    const { environment, descriptors, identity, embedded, log } = this.#options
    const made: HttpProcess = new HttpProcess(
      {
        entry,
        environment,
        descriptors,
        ...(embedded === undefined ? {} : { embedded }),
        identity,
        log,
        clock: monotonicMs,
      },
      {
        started: () => this.#greet(made),
        message: (message) => this.#hear(made, message as FromHttpProcess),
        exited: (exit, planned, said) => {
          // What crashes while another one serves is given up, and says nothing about the application that this one has.
          this.#crashes.exited(made, exit, planned || made === this.#next, said)
          if (made === this.#next && !planned) this.#giveUpNext('It ended before it could take over')
          for (const idle of this.#holders.gone(made)) this.#options.hear({ kind: 'idle', idle })
        },
      },
    )
    return made
  }

  #greet(process: HttpProcess): void {
    const greeting = this.#options.greeting(this.#crashes.leftOut)
    for (const publication of greeting.publications) this.#holders.told(process, publication)
    process.send(greeting)
  }

  #hear(from: HttpProcess, message: FromHttpProcess): void {
    if (message.kind === 'importing') this.#crashes.importing(from, message.application)
    else if (message.kind === 'listening') this.#listens(from)
    else if (message.kind === 'failed') this.#failed(from, message)
    else if (message.kind === 'replace') this.#replaceAsked(from, message.how)
    else this.#pass(from, message)
  }

  #pass(from: HttpProcess, message: WorkerNewsMessage): void {
    if (message.kind === 'loaded') {
      this.#crashes.loaded(from, message.application)
      if (!this.#isLoaded(from, message.application, message.failure !== undefined)) return
    }
    if (message.kind === 'idle' && !this.#holders.idle(from, message.idle)) return
    this.#options.hear(message)
  }

  /** False when a process that was to take over could not load what the one that serves has: that one goes on. */
  #isLoaded(process: HttpProcess, application: string, failed: boolean): boolean {
    if (!failed) {
      this.#notLoaded.delete(application)
      return true
    }
    if (process !== this.#next || this.#notLoaded.has(application)) {
      if (process === this.#serving) this.#notLoaded.add(application)
      return true
    }
    this.#giveUpNext(
      `It could not load the application "${application}", which the one that serves has loaded`,
    )
    return false
  }

  #giveUpNext(why: string): void {
    const next = this.#next
    this.#next = undefined
    if (next === undefined) return
    this.#options.log.error(
      'http.kept',
      { pid: next.pid },
      `${why}; the old process goes on. It is tried again in a while`,
    )
    void next.stop(0)
  }

  #listens(process: HttpProcess): void {
    this.#listening?.(undefined)
    this.#listening = undefined
    process.proved()
    if (process !== this.#next) return
    const old = this.#serving
    this.#serving = process
    this.#next = undefined
    if (old === undefined) return
    const { drainMs } = this.#options
    this.#retiring.add(old)
    void old
      .stop(drainMs + exitGraceMs, {
        kind: 'stop',
        deadlineMs: drainMs,
        how: this.#how,
      } satisfies ToHttpProcess)
      .then(() => {
        this.#retiring.delete(old)
      })
  }

  #failed(
    process: HttpProcess,
    { message, hint }: { readonly message: string; readonly hint: string },
  ): void {
    if (this.#listening === undefined) this.#options.log.error('http.exited', {}, `${message}\n${hint}`)
    this.#listening?.({ message, hint })
    this.#listening = undefined
    if (process !== this.#next) return
    this.#next = undefined
    void process.stop(0)
  }

  /** Only of the process that serves: one that is being replaced need not be replaced again. */
  #replaceAsked(process: HttpProcess, how: StopHow): void {
    if (process !== this.#serving) return
    // Each has the memory of a whole server: one at a time, unless the one that serves cannot.
    if (how === 'drain' && this.#retiring.size > 0) return
    this.#how = how
    this.replace()
  }
}
