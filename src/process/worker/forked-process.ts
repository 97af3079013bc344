// A worker's process that is a fork of its application's template (template.ts). It is not our child: its number and its end
// are told by the template, which runs somebody else's program. So the number is believed only of a child of the template,
// and before each signal it is looked whether it is that process still: a lie, or a number that the system has given away
// in the meantime, would else let an application's user end any process by our hand.

import { connect, type Socket } from 'node:net'
import { Deadline } from '../deadline.ts'
import type { Exit } from '../messages.ts'
import { withSocketOf } from '../socket/own-socket.ts'
import { killGroup, signalProcess } from '../system/process-group.ts'
import { hasGroup, identifyProcess, type ProcessIdentity } from '../system/process-identity.ts'
import type { StartFailure } from './control-line.ts'
import { crashDescriptor, type WorkerLaunch } from './worker-contract.ts'
import type { ProcessSink, WorkerProcess } from './worker-process.ts'

const descriptors = [1, 2, 3, crashDescriptor] as const
// From SIGKILL to the word of the template that it has ended. One that lies never says it, and whoever waits for the end (a
// stop, a reload) would wait for ever.
const untoldMs = 1000

export class ForkedProcess implements WorkerProcess {
  readonly launch: WorkerLaunch
  readonly #sink: ProcessSink
  readonly #sockets = new Map<number, Socket>()
  #pid = 0
  #session = 0
  #identity: ProcessIdentity | undefined
  #state: 'waiting' | 'forking' | 'running' | 'ended' = 'waiting'
  #openSockets = 0
  readonly #untold = new Deadline()

  constructor(launch: WorkerLaunch, sink: ProcessSink) {
    this.launch = launch
    this.#sink = sink
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting'
  }

  get isEnded(): boolean {
    return this.#state === 'ended'
  }

  /** The template has been told to fork it: gives it what will be its descriptors. Throws when its socket is not there. */
  hand(address: string): void {
    this.#state = 'forking'
    const { identity } = this.launch
    if (identity === null) this.#connect(address)
    else withSocketOf(identity.uid, address, (path) => this.#connect(path))
  }

  #connect(path: string): void {
    for (const descriptor of descriptors) {
      const socket = connect({ path })
      this.#sockets.set(descriptor, socket)
      this.#openSockets++
      socket.write(this.#greeting(descriptor))
      // The template says that it could not fork, or the end of the process follows.
      socket.on('error', () => {})
      socket.on('close', () => this.#onSocketClosed())
    }
  }

  /** Whose it is to be: a template that was too slow for one worker may find the connections of that one first. */
  #greeting(descriptor: number): Uint8Array {
    const greeting = Buffer.alloc(5)
    greeting.writeUInt8(descriptor)
    greeting.writeUInt32BE(this.launch.worker, 1)
    return greeting
  }

  /** The template has forked it. False when that cannot be. */
  forked(pid: number, template: number): boolean {
    const found = identifyProcess(pid)
    const [stdout, stderr, control, crash] = descriptors.map((descriptor) => this.#sockets.get(descriptor))
    if (stdout === undefined || stderr === undefined || control === undefined || crash === undefined)
      return false
    // One that is gone already is no lie; there is nothing to signal then.
    if (found !== undefined && found.parent !== template) return false
    if (this.#state !== 'forking') {
      this.#endGivenUp(found === undefined ? 0 : pid)
      return true
    }
    this.#state = 'running'
    this.#pid = pid
    this.#session = template // it leads one, in which all that comes from it is
    this.#identity = found
    this.#sink.begun(pid, { stdout, stderr, control, crash })
    return true
  }

  notForked(failure: StartFailure): void {
    if (this.#state === 'running' || this.#state === 'ended') return
    this.#state = 'ended'
    this.close()
    this.#sink.notBegun(failure)
  }

  ended(exit: Exit): void {
    if (this.#state !== 'running') return
    this.#state = 'ended'
    this.#untold.clear()
    this.#sink.exited(exit)
    if (this.#openSockets === 0) this.#sink.closed()
  }

  /** Nobody will tell its end: it is over when it lets go of its lifeline. */
  templateGone(failure: StartFailure): void {
    if (this.#state !== 'running') {
      this.notForked(failure)
      return
    }
    const control = this.#sockets.get(3)
    const over = (): void => {
      this.kill()
      this.ended({ code: null, signal: null })
    }
    if (control === undefined || control.destroyed) over()
    else control.once('close', over)
  }

  signal(signal: NodeJS.Signals | number): void {
    if (this.#state === 'waiting' || this.#state === 'forking') this.#giveUp()
    else if (this.#isStillThere()) signalProcess(this.#pid, signal)
  }

  kill(): void {
    if (this.#state === 'waiting' || this.#state === 'forking') this.#giveUp()
    else if (this.#state === 'running') {
      if (this.#isStillThere()) {
        killGroup(this.#pid)
        signalProcess(this.#pid, 'SIGKILL') // unlike one that was spawned it can have left its group
      } else if (hasGroup(this.#session, this.#pid)) {
        killGroup(this.#pid) // what it has left, of which a template that lives takes care itself
      }
      this.#untold.arm(untoldMs, () => this.#onUntold())
    }
  }

  #onUntold(): void {
    if (this.#isStillThere() && identifyProcess(this.#pid)?.hasEnded !== true) this.kill()
    else this.ended({ code: null, signal: 'SIGKILL' })
  }

  close(): void {
    for (const socket of this.#sockets.values()) {
      if (this.#pid !== 0) socket.destroy()
      // The template waits for what it was told to fork, and hears and says nothing until that has come.
      else socket.resume().end()
    }
  }

  /** It ends without its lifeline; at once also when something of the application holds it up before it looks for that. */
  #endGivenUp(pid: number): void {
    killGroup(pid)
    signalProcess(pid, 'SIGKILL')
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  #giveUp(): void {
    process.nextTick(() => this.notForked(givenUp))
  }

  #isStillThere(): boolean {
    if (this.#state !== 'running' || this.#identity === undefined) return false
    return identifyProcess(this.#pid)?.startTicks === this.#identity.startTicks
  }

  #onSocketClosed(): void {
    this.#openSockets--
    if (this.#openSockets === 0 && this.#state === 'ended' && this.#pid !== 0) this.#sink.closed()
  }
}

const givenUp: StartFailure = {
  reason: 'stopped',
  message: 'It was given up before it began',
  hint: '',
  traceback: '',
}
