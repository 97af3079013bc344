// The HTTP processes of a server: the one that serves, and those that finish what they have while it takes over.

import { monotonicMs } from '../clock.ts'
import type { StopHow } from '../listener/http-server.ts'
import type { Log } from '../log/log.ts'
import type { LogPiece } from '../log/recent-lines.ts'
import { Deadline } from '../process/deadline.ts'
import { HttpProcess } from '../process/http-process.ts'
import type { Identity } from '../process/identity/identity.ts'
import type { Publication } from '../process/messages.ts'
import type { StartFailure } from '../process/worker/control-line.ts'
import { failureText } from '../process/worker/start-failure.ts'
import { Asking } from './control/asking.ts'
import type { Answered, HttpRole, Questions, What } from './control/questions.ts'
import { ImportCrashes } from './import-crashes.ts'
import type { FromHttpProcess, LeftOut, StartMessage, ToHttpProcess, WorkerNewsMessage } from './messages.ts'
import { entry } from './package-path.ts'
import type { StartProblem } from './start-problem.ts'
import { WorkerHolders } from './worker-holders.ts'

/** What a process is started with. */
export interface HttpLaunch {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Listening sockets, which a process inherits from descriptor 4 on. */
  readonly descriptors: readonly number[]
  readonly identity: Identity | null
  /** Names of the applications that live in it. */
  readonly embedded: readonly string[]
  /** How long what a replaced process still has may take. */
  readonly drainMs: number
  /** The first message to a new process. */
  readonly greeting: (leftOut: LeftOut) => StartMessage
  /** Names of the applications whose workers it uses. */
  readonly daemons: ReadonlySet<string>
  /** How long it may take until it listens. */
  readonly startupMs: number
}

/** What became of an HTTP process that was to take over. */
export type TakeOver =
  /** It serves; `drained` resolves when the one before it has ended. */
  | { readonly kind: 'ok'; readonly drained: Promise<void> }
  /** The one that serves goes on. */
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

/** What a process gets beyond its own deadline before it is killed. */
export const exitGraceMs = 3000
/** So many may finish what they have beside the one that serves: each has the memory of a whole server. */
const mostRetiring = 3

interface HttpProcessesSink {
  readonly log: Log
  readonly hear: (message: WorkerNewsMessage) => void
  /** What a process that ends has kept of its logs. */
  readonly inherit: (pieces: readonly LogPiece[]) => void
}

/** A process that is to take over from the one that serves, and who waits for that. */
interface Successor {
  readonly process: HttpProcess
  /** What is told to whoever asked for it; undefined: it is the server that wants it. */
  readonly settle: ((result: TakeOver) => void) | undefined
}

export class HttpProcesses {
  readonly #sink: HttpProcessesSink
  /** What each that runs was started with. */
  readonly #launches = new Map<HttpProcess, HttpLaunch>()
  /** Each with the promise of its end. */
  readonly #retiring = new Map<HttpProcess, Promise<void>>()
  readonly #holders = new WorkerHolders<HttpProcess>()
  readonly #crashes: ImportCrashes
  #launch: HttpLaunch
  readonly #asking = new Asking()
  #serving: HttpProcess | undefined
  #next: Successor | undefined
  #listening: ((problem: StartProblem | undefined) => void) | undefined
  #stopping = false
  /** Embedded applications that each has loaded. */
  readonly #loaded = new Map<HttpProcess, Set<string>>()
  readonly #takingOver = new Deadline()
  /** What the process that is to be replaced does with its idle connections. */
  #how: StopHow = 'finish'

  constructor(launch: HttpLaunch, sink: HttpProcessesSink) {
    this.#launch = launch
    this.#sink = sink
    this.#crashes = new ImportCrashes(sink.log)
  }

  /** Resolves when the first process listens, or with what is in the way. */
  start(): Promise<StartProblem | undefined> {
    return new Promise((resolve) => {
      this.#listening = resolve
      this.#serving = this.#make(this.#launch)
      this.#serving.start()
    })
  }

  /** Returns how many processes take it. */
  tell(message: ToHttpProcess): number {
    let count = 0
    if (message.kind === 'worker-gone') this.#holders.workerGone(message.gone)
    for (const process of this.#all()) {
      const isPublication = message.kind === 'publication'
      if (isPublication && !this.#answersFor(process, message.publication)) continue
      if (!process.send(message)) continue
      count += 1
      if (isPublication) this.#holders.told(process, message.publication)
    }
    return count
  }

  /** Asks all of them at the same time. */
  ask<W extends What>(question: Questions[W]): Promise<Answered<W>[]> {
    const ask = async (process: HttpProcess | undefined, role: HttpRole): Promise<Answered<W>[]> => {
      if (process === undefined) return []
      const answer = await this.#asking.ask<W>(question, (message) => process.send(message))
      return [{ role, pid: process.pid, answer }]
    }
    const finishing = [...this.#retiring.keys()].map((process) => ask(process, 'finishing'))
    const all = [ask(this.#serving, 'serving'), ask(this.#next?.process, 'starting'), ...finishing]
    return Promise.all(all).then((answers) => answers.flat())
  }

  /**
   * Starts a process with another configuration. When it listens it serves, and the one before it finishes what it has;
   * when it cannot, that one goes on. Waits for an earlier one to end where too many still do.
   */
  async takeOver(launch: HttpLaunch): Promise<TakeOver> {
    while (this.#retiring.size >= mostRetiring) await Promise.race(this.#retiring.values())
    if (this.#stopping) return stopping
    this.#giveUpNext('Another configuration takes its place')
    // The code may be another one now.
    this.#crashes.forget()
    const before = this.#launch
    this.#launch = launch
    this.#how = 'drain'
    const result = await new Promise<TakeOver>((settle) => this.#replace(settle))
    if (result.kind === 'bad' && this.#launch === launch) this.#launch = before
    return result
  }

  /** Resolves when all have exited. 0 kills at once. */
  async stop(deadlineMs: number, message?: ToHttpProcess): Promise<void> {
    this.#stopping = true
    this.#takingOver.clear()
    this.#next?.settle?.(stopping)
    await Promise.all(this.#all().map((process) => process.stop(deadlineMs, message)))
  }

  #all(): HttpProcess[] {
    return [this.#serving, this.#next?.process, ...this.#retiring.keys()].filter((one) => one !== undefined)
  }

  #answersFor(process: HttpProcess, { application }: Publication): boolean {
    return this.#launches.get(process)?.daemons.has(application) === true
  }

  #replace(settle?: Successor['settle']): void {
    const process = this.#make(this.#launch)
    this.#next = { process, settle }
    const { startupMs } = this.#launch
    this.#takingOver.arm(startupMs, () => this.#giveUpNext(`It did not listen within ${startupMs / 1000} s`))
    process.start()
  }

  #make({ environment, descriptors, identity, embedded }: HttpLaunch): HttpProcess {
    const { log } = this.#sink
    const made: HttpProcess = new HttpProcess(
      {
        entry,
        environment,
        descriptors,
        ...(embedded.length === 0 ? {} : { embedded: embedded.join(',') }),
        identity,
        log,
        clock: monotonicMs,
      },
      {
        started: () => this.#greet(made),
        message: (message) => this.#hear(made, message as FromHttpProcess),
        exited: (exit, planned, said) => {
          const isNext = made === this.#next?.process
          // What crashes while another one serves is given up, and says nothing about the application that this one has.
          this.#crashes.exited(made, exit, planned || isNext, said)
          if (isNext && !planned) this.#giveUpNext('It ended before it could take over', said)
          for (const idle of this.#holders.gone(made)) this.#sink.hear({ kind: 'idle', idle })
        },
      },
    )
    this.#launches.set(made, this.#launch)
    return made
  }

  #greet(process: HttpProcess): void {
    const greeting = this.#launches.get(process)?.greeting(this.#crashes.leftOut)
    if (greeting === undefined) return
    for (const publication of greeting.publications) this.#holders.told(process, publication)
    process.send(greeting)
    if (process === this.#next?.process || this.#retiring.size > 0) this.#share(process)
  }

  #hear(from: HttpProcess, message: FromHttpProcess): void {
    if (message.kind === 'answer') this.#asking.heard(message)
    else if (message.kind === 'kept-log') this.#sink.inherit(message.pieces)
    else if (message.kind === 'importing') this.#crashes.importing(from, message.application)
    else if (message.kind === 'listening') this.#listens(from)
    else if (message.kind === 'failed') this.#failed(from, message)
    else if (message.kind === 'replace') this.#replaceAsked(from, message.how)
    else this.#pass(from, message)
  }

  #pass(from: HttpProcess, message: WorkerNewsMessage): void {
    if (message.kind === 'loaded') {
      this.#crashes.loaded(from, message.application)
      if (!this.#isLoaded(from, message.application, message.failure)) return
      if (message.failure !== undefined) from.send({ kind: 'go-on' } satisfies ToHttpProcess)
    }
    // Of a process that goes away only what waits there says something of what is to come.
    if (message.kind === 'load' && from !== this.#serving && message.load.waiting === 0) return
    if (message.kind === 'idle' && !this.#holders.idle(from, message.idle)) return
    this.#sink.hear(message)
  }

  /** False when a process that was to take over is given up: the one that serves has more. */
  #isLoaded(process: HttpProcess, application: string, failure: StartFailure | undefined): boolean {
    const loaded = this.#loaded.get(process) ?? new Set()
    this.#loaded.set(process, loaded)
    if (failure === undefined) {
      loaded.add(application)
      return true
    }
    loaded.delete(application)
    if (process !== this.#next?.process || this.#serving === undefined) return true
    const isServed = this.#loaded.get(this.#serving)?.has(application) === true
    const isKnown = this.#launches.get(this.#serving)?.embedded.includes(application) === true
    // Who serves without it is no worse than its successor; whoever asks for a new one means all of it.
    if (!isServed && (isKnown || this.#next.settle === undefined)) return true
    const whose = isServed ? ', which the one that serves has loaded' : ''
    this.#giveUpNext(`It could not load the application "${application}"${whose}`, failureText(failure))
    return false
  }

  #giveUpNext(why: string, details = ''): void {
    const next = this.#next
    this.#next = undefined
    this.#takingOver.clear()
    if (next === undefined) return
    this.#loaded.delete(next.process)
    const again = next.settle === undefined ? '. It is tried again in a while' : ''
    const text = `${why}; the old process goes on${again}`
    this.#sink.log.error(
      'http.kept',
      { pid: next.process.pid },
      details === '' ? text : `${text}\n${details}`,
    )
    next.settle?.({ kind: 'bad', message: `The new HTTP process was given up: ${why}`, hint: details })
    this.#launches.delete(next.process)
    void next.process.stop(0)
  }

  #listens(process: HttpProcess): void {
    this.#listening?.(undefined)
    this.#listening = undefined
    process.proved()
    const next = this.#next
    if (process !== next?.process) return
    const old = this.#serving
    this.#serving = process
    this.#next = undefined
    this.#takingOver.clear()
    if (old !== undefined) void this.#retire(old)
    // Not the last one alone: those before it may have requests of what is gone now.
    const drained = Promise.all(this.#retiring.values()).then(() => {})
    next.settle?.({ kind: 'ok', drained })
  }

  async #retire(old: HttpProcess): Promise<void> {
    const drainMs = this.#launches.get(old)?.drainMs ?? 0
    const message: ToHttpProcess = { kind: 'stop', deadlineMs: drainMs, how: this.#how }
    const ended = old.stop(drainMs + exitGraceMs, message)
    this.#retiring.set(old, ended)
    await ended
    this.#retiring.delete(old)
    this.#launches.delete(old)
    this.#loaded.delete(old)
    if (this.#serving !== undefined) this.#share(this.#serving)
  }

  #share(process: HttpProcess): void {
    process.send({
      kind: 'share',
      others: process !== this.#serving || this.#retiring.size > 0,
    } satisfies ToHttpProcess)
  }

  #failed(process: HttpProcess, { message, hint }: StartProblem): void {
    if (process === this.#next?.process) this.#giveUpNext(message, hint)
    else if (this.#listening === undefined) this.#sink.log.error('http.exited', {}, `${message}\n${hint}`)
    else this.#listening({ message, hint })
    this.#listening = undefined
  }

  /** Only of the process that serves: one that is being replaced need not be replaced again. */
  #replaceAsked(process: HttpProcess, how: StopHow): void {
    if (process !== this.#serving || this.#stopping || this.#next !== undefined) return
    // Each has the memory of a whole server: one at a time, unless the one that serves cannot.
    if (how === 'drain' && this.#retiring.size > 0) return
    this.#how = how
    this.#replace()
  }
}

const stopping: TakeOver = { kind: 'bad', message: 'The server is being stopped', hint: '' }
