// The life of a launcher: told, started, ready, stopped; the same lines on descriptor 3 as of a worker. SIGTERM stops
// gracefully, as the `stop` command does; SIGINT is left to the supervisor.

import { createServer, type Server } from 'node:net'
import { monotonicMs } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { Deadline } from '../process/deadline.ts'
import { removeSocketFile, socketPathBytes, withMode } from '../process/socket/socket-file.ts'
import { Keeper } from '../process/system/keeper.ts'
import type { StartFailure } from '../process/worker/control-line.ts'
import { identityFailure } from './check-identity.ts'
import { Connection } from './connection.ts'
import { Control } from './control.ts'
import { type Hosting, say } from './hosting.ts'
import { NamedPipes, ShellPipes } from './pipe-sources.ts'
import { PipeStock } from './pipe-stock.ts'
import { Places } from './places.ts'
import { limitLines } from './resource-limits.ts'
import { type Settings, settingsOf } from './settings.ts'

/** For the running scripts when nobody said how long. */
const stopMs = 15_000
/** Connections that wait for a place; more are closed. HTTP processes open one for each slot. */
const maxWaiting = 256
const backlog = 128
/** Exit code after a `failed` event. */
const failed = 3

export class Launcher {
  readonly #began = monotonicMs()
  readonly #control: Control
  readonly #server: Server
  readonly #stopping = new Deadline()
  #hosting: Hosting | undefined
  #stopAt = Number.POSITIVE_INFINITY

  constructor() {
    this.#server = createServer((socket) => {
      const hosting = this.#hosting
      if (hosting !== undefined) hosting.places.take(new Connection(socket, hosting))
    })
    this.#control = new Control({
      configuration: (line) => this.#start(line),
      command: (command) => this.#obey(command),
      gone: () => this.#end(1),
    })
    process.on('SIGTERM', () => this.#stop(stopMs))
    process.on('SIGINT', () => {})
  }

  #start(line: string): void {
    const settings = settingsOf(line)
    if (settings === undefined) {
      this.#fail('import-error', 'Cannot read what the supervisor said', '')
      return
    }
    const wrongUser = identityFailure(settings.user, settings.group)
    const limits = limitLines(settings.limits)
    if (wrongUser !== undefined) this.#failWith(wrongUser)
    else if (limits.kind === 'bad')
      this.#fail(
        'limits',
        `Scripts cannot be limited: ${limits.why}`,
        'Leave it out, or install Python 3.8 or newer',
      )
    else this.#host(settings, limits.lines)
  }

  #host(settings: Settings, limits: readonly string[]): void {
    const { socket, slots } = settings
    const sources = [new ShellPipes(), new NamedPipes(`${socket}.pipes`)]
    const pipes = new PipeStock(sources, slots)
    this.#hosting = {
      settings,
      limits,
      pipes,
      places: new Places(slots),
      keeper: new Keeper(ownLog, monotonicMs),
      connections: new Set(),
      runs: new Set(),
      isStopping: false,
      left: () => this.#onLeft(),
    }
    // Whether there can be any is known before the first request.
    pipes.take((taken) => {
      if (taken instanceof Error) {
        const hint = 'Install mkfifo (coreutils, busybox), or Python 3.8 or newer'
        this.#fail('pipes', `Cannot make the pipes of scripts: ${taken.message.trim()}`, hint)
        return
      }
      pipes.giveBack(taken)
      this.#listen(settings)
    })
  }

  #listen({ socket, socketMode, slots }: Settings): void {
    if (Buffer.byteLength(socket) > socketPathBytes) {
      const message = `Cannot listen on "${socket}": the path is longer than ${socketPathBytes} octets`
      this.#fail('socket', message, 'Set "runtime" to a shorter directory')
      return
    }
    const server = this.#server
    server.maxConnections = slots + maxWaiting
    server.on('error', (error) => {
      if (server.listening) {
        say(`a connection could not be accepted: ${error.message}`)
        return
      }
      const hint = 'Check the owner and the mode of the runtime directory'
      this.#fail('socket', `Cannot listen on "${socket}": ${error.message}`, hint)
    })
    removeSocketFile(socket)
    withMode(socketMode, () => server.listen({ path: socket, backlog }, () => this.#ready()))
  }

  #ready(): void {
    this.#control.send({
      event: 'ready',
      pid: process.pid,
      python: '',
      executable: process.execPath,
      took: (monotonicMs() - this.#began) / 1000,
      // What there is to see of scripts is told by command.
      stack_signal: 0,
    })
  }

  #obey(command: Readonly<Record<string, unknown>>): void {
    const runs = [...(this.#hosting?.runs ?? [])]
    switch (command.command) {
      case 'ping':
        this.#control.send({ event: 'pong' })
        break
      case 'stacks': {
        const now = monotonicMs()
        const threads = runs.map((run) => ({ request: run.name, stack: run.description(now) }))
        this.#control.send({ event: 'stacks', threads })
        break
      }
      case 'interrupt':
        for (const run of runs) if (run.name === command.request) run.stop('interrupt')
        break
      case 'stop':
        this.#stop(typeof command.deadline === 'number' ? command.deadline * 1000 : stopMs)
        break
    }
  }

  /** No further request; those in progress have until then. */
  #stop(ms: number): void {
    const hosting = this.#hosting
    if (hosting === undefined) {
      this.#end(0)
      return
    }
    const first = !hosting.isStopping
    hosting.isStopping = true
    const at = monotonicMs() + Math.max(0, ms)
    if (at < this.#stopAt) {
      this.#stopAt = at
      this.#stopping.arm(ms, () => this.#end(0))
    }
    if (!first) return
    this.#server.close()
    for (const connection of [...hosting.connections]) if (connection.isIdle) connection.closeAfterOutput()
    this.#onLeft()
  }

  #onLeft(): void {
    const hosting = this.#hosting
    if (hosting?.isStopping === true && hosting.runs.size === 0 && hosting.connections.size === 0)
      this.#end(0)
  }

  /** Kills every script now. */
  #end(code: number): void {
    for (const run of this.#hosting?.runs ?? []) run.kill()
    process.exit(code)
  }

  #fail(reason: string, message: string, hint: string): void {
    this.#failWith({ reason, message, hint, traceback: '' })
  }

  #failWith(failure: StartFailure): void {
    this.#control.fail(failure, () => process.exit(failed))
  }
}

/** What the keeper has to say. */
const ownLog: Log = {
  debug: () => {},
  info: () => {},
  warn: (event) => say(event),
  error: (event) => say(event),
}
