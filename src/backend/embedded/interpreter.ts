// The interpreter inside this process: started once, then led over a socket pair like a worker over its descriptor 3.
// Its threads take their connections as descriptors of the same process; Node's thread never waits for Python.

import { readdirSync, readlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Log } from '../../log/log.ts'
import { Deadline } from '../../process/deadline.ts'
import {
  controlLineBytes,
  parseControlLine,
  type StartFailure,
  type ThreadStack,
} from '../../process/worker/control-line.ts'
import { LineSplitter } from '../../process/worker/line-splitter.ts'
import { failureText, notImportedInTime } from '../../process/worker/start-failure.ts'
import type { Line } from '../slot.ts'
import { bellSocket, shortcutInto, stroke } from './bell.ts'
import { Lane, laneBytes, laneWorksHere, shape } from './lane.ts'
import { loadNative, type Native, type SharedMemory } from './native.ts'

/** What the interpreter is told about one application; names as the Python side reads them (settings.py). */
export interface EmbeddedSettings {
  readonly application: string
  readonly wsgi: string
  readonly directory: string
  readonly threads: number
  readonly environment: Readonly<Record<string, string>>
  readonly server_software: string
  readonly multiprocess: boolean
  readonly health: object | null
}

export interface EmbeddedOptions {
  /** Path of libpython. */
  readonly library: string
  readonly program: string
  /** Path of the package python/portico_worker. */
  readonly packagePath: string
  /** Where the interpreter writes its stack when it crashes; -1: nowhere. */
  readonly crashDescriptor: number
  readonly log: Log
}

/** What became of an application: undefined, or why it could not be loaded. */
export type Loaded = StartFailure | undefined

const stacksMs = 500
/** What the process gets beyond its deadline to say that it has stopped. */
const lastWordsMs = 1000

/** Our end of a connection, and the lane beside it. */
export interface EmbeddedLine {
  readonly descriptor: number
  readonly shortcut: Line['shortcut']
}

export class EmbeddedInterpreter {
  readonly #options: EmbeddedOptions
  readonly #native: Native
  readonly #control: Socket
  readonly #outcomes = new Map<string, (loaded: Loaded) => void>()
  /** Requests whose stack is to be logged when the interpreter tells what its threads do. */
  readonly #stuck = new Map<string, { readonly application: string; readonly by: string | undefined }>()
  readonly #asked: ((threads: readonly ThreadStack[]) => void)[] = []
  readonly #lanes = new Map<string, Lane>()
  #connections = 0
  #stopped: (() => void) | undefined

  /** Starts Python in this process; blocks for that long. Throws E_BACKEND_FAILED. */
  constructor(options: EmbeddedOptions) {
    this.#options = options
    this.#native = loadNative()
    const server = openDescriptors()
    const [control, controlEnd] = this.#native.socketPair()
    const told = {
      control: controlEnd,
      crash: options.crashDescriptor,
      server: [...server, described(control)],
    }
    this.#native.startInterpreter({
      library: options.library,
      program: options.program,
      code: bootCode(options.packagePath, told),
    })
    this.#control = new Socket({ fd: control, readable: true, writable: true })
    this.#listen()
  }

  /** Imports an application on a thread of its own; after `startupMs` its failure is "startup-time". */
  load(settings: EmbeddedSettings, startupMs: number): Promise<Loaded> {
    const { application, threads } = settings
    // With one thread there is never a second call that could save a wake-up, and the application may count on it.
    const lane = threads > 1 && laneWorksHere ? this.#openLane(application) : {}
    this.#send({ command: 'start', settings: { ...settings, ...lane } })
    return new Promise((resolve) => {
      const deadline = new Deadline()
      this.#outcomes.set(application, (loaded) => {
        deadline.clear()
        this.#outcomes.delete(application)
        resolve(loaded)
      })
      deadline.arm(startupMs, () => this.#settle(application, notImportedInTime(application, startupMs)))
    })
  }

  /** A new connection to a thread of the application. */
  connect(application: string): EmbeddedLine {
    const [ours, theirs] = this.#native.socketPair()
    const place = ++this.#connections
    this.#send({ command: 'connect', application, descriptor: theirs, server: ours, place })
    const lane = this.#lanes.get(application)
    return { descriptor: ours, shortcut: lane === undefined ? undefined : shortcutInto(lane, place) }
  }

  /**
   * Logs what the thread that works on this request does, and raises in it.
   * @param by who wants that; undefined: its time is over
   */
  interrupt(application: string, request: string, by?: string): void {
    this.#stuck.set(request, { application, by })
    this.#send({ command: 'stacks' })
    this.#send({ command: 'interrupt', application, request, killed: by !== undefined })
  }

  /** What its threads do; nothing when it does not answer within half a second. */
  stacks(): Promise<readonly ThreadStack[]> {
    return new Promise((resolve) => {
      const deadline = new Deadline()
      const answer = (threads: readonly ThreadStack[]) => {
        deadline.clear()
        resolve(threads)
      }
      this.#asked.push(answer)
      deadline.arm(stacksMs, () => {
        this.#asked.splice(0, this.#asked.indexOf(answer) + 1)
        resolve([])
      })
      this.#send({ command: 'stacks' })
    })
  }

  /** Lets the requests end within `deadlineMs` and runs the exit handlers of the applications. */
  stop(deadlineMs: number): Promise<void> {
    this.#send({ command: 'stop', deadline: deadlineMs / 1000 })
    return new Promise((resolve) => {
      this.#stopped = resolve
      new Deadline().arm(deadlineMs + lastWordsMs, resolve)
    })
  }

  /** Ends the process at once: nothing of Python's or Node's could keep it. */
  exit(code: number): void {
    this.#native.exitNow(code)
  }

  /** Makes the lane of an application; what its other side is told. Without memory to share there is none. */
  #openLane(application: string): object {
    let shared: SharedMemory
    let ends: readonly [number, number]
    try {
      shared = this.#native.sharedMemory(laneBytes)
      ends = this.#native.socketPair()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#options.log.warn('embedded.no_lane', { application }, why)
      return {}
    }
    const { descriptor, memory } = shared
    const [ours, theirs] = ends
    const bell = bellSocket(
      ours,
      () => lane.heard(),
      () => lane.gone(),
    )
    const lane = new Lane({
      memory,
      ring: () => bell.write(stroke),
      spread: () => this.#send({ command: 'spread', application }),
    })
    this.#lanes.set(application, lane)
    const lanes = {
      memory: descriptor,
      bell: theirs,
      server: ours,
      entries: shape.entries,
      call_bytes: shape.callBytes,
      answer_bytes: shape.answerBytes,
    }
    return { lane: lanes }
  }

  /** Called a few times a second. */
  sweep(): void {
    for (const lane of this.#lanes.values()) lane.sweep()
  }

  #listen(): void {
    const splitter = new LineSplitter(controlLineBytes, {
      line: (bytes, complete) => {
        if (complete) this.#hear(bytes.toString('utf8'))
      },
    })
    this.#control.on('data', (bytes) => splitter.push(bytes))
    this.#control.on('error', () => {})
  }

  #hear(line: string): void {
    const event = parseControlLine(line)
    if (event.kind === 'stopped') this.#stopped?.()
    else if (event.kind === 'ready') this.#settle(event.application, undefined)
    else if (event.kind === 'failed') this.#settle(event.application, event.failure)
    else if (event.kind === 'stacks') this.#hearStacks(event.threads)
  }

  #settle(application: string, loaded: Loaded): void {
    const { log } = this.#options
    if (loaded !== undefined) {
      log.error(
        'worker.failed',
        { application, pid: process.pid, reason: loaded.reason },
        failureText(loaded),
      )
    } else if (this.#outcomes.has(application)) log.info('worker.ready', { application, pid: process.pid })
    this.#outcomes.get(application)?.(loaded)
  }

  #hearStacks(threads: readonly ThreadStack[]): void {
    for (const answer of this.#asked.splice(0)) answer(threads)
    for (const { request, stack } of threads) {
      const stuck = request === null ? undefined : this.#stuck.get(request)
      if (request === null || stuck === undefined) continue
      const { log } = this.#options
      const { by } = stuck
      const facts = { application: stuck.application, pid: process.pid, request }
      if (by === undefined) log.error('worker.stuck', facts, stack)
      else log.warn('worker.interrupted', { ...facts, by }, stack)
    }
    this.#stuck.clear()
  }

  #send(command: object): void {
    this.#control.write(`${JSON.stringify(command)}\n`)
  }
}

/**
 * The source that makes the package importable, as a worker process does that, and begins.
 *
 * First of all, C extensions shall look for symbols in their own libraries (RTLD_DEEPBIND of dlopen(3)): Node exports
 * its OpenSSL, zlib and SQLite, and Python's ssl would take those, with certificates where Node's were built to find
 * them. The symbols of Python itself are found behind their own. But not with LD_PRELOAD, which is to come before all
 * libraries: two allocators would meet in one extension.
 */
function bootCode(packagePath: string, told: object): string {
  return `
def _portico_begin():
    import json, os, sys
    if not os.environ.get('LD_PRELOAD'):
        sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
    folder = os.path.realpath(json.loads(${JSON.stringify(JSON.stringify(packagePath))}))
    path, names = os.path.join(folder, '__main__.py'), {'__name__': 'portico_boot'}
    with open(path, 'rb') as main:
        exec(compile(main.read(), path, 'exec'), names)
    names['own_package'](folder)
    from portico_worker.worker.embedded import begin
    begin(json.loads(${JSON.stringify(JSON.stringify(told))}))
_portico_begin()
del _portico_begin
`
}

/** A descriptor and what it leads to, so that a number that has passed to another owner is not mistaken for it. */
type Described = readonly [number, string]

/** What this process holds before Python has anything: a forked child closes it, and what its event queues watch. */
function openDescriptors(): Described[] {
  const all = readdirSync('/proc/self/fd').map((name) => described(Number(name)))
  return all.filter(([fd, link]) => fd > 2 && link !== '')
}

function described(fd: number): Described {
  try {
    return [fd, readlinkSync(`/proc/self/fd/${fd}`)]
  } catch {
    return [fd, '']
  }
}
