// A worker's process that is a fork of its application's template (template.ts). It is not our child: its number and its end
// are told by the template, which runs somebody else's program. So the number is believed only of a child of the template,
// and before each signal it is looked whether it is that process still: a lie, or a number that the system has given away
// in the meantime, would else let an application's user end any process by our hand.

import { connect, type Socket } from 'node:net'
import type { Exit } from '../messages.ts'
import { killGroup, signalProcess } from '../system/process-group.ts'
import { identifyProcess, type ProcessIdentity } from '../system/process-identity.ts'
import type { StartFailure } from './control-line.ts'
import { crashDescriptor, type WorkerLaunch } from './worker-contract.ts'
import type { ProcessSink, WorkerProcess } from './worker-process.ts'

const descriptors = [1, 2, 3, crashDescriptor] as const

export class ForkedProcess implements WorkerProcess {
  readonly launch: WorkerLaunch
  readonly #sink: ProcessSink
  readonly #sockets = new Map<number, Socket>()
  #pid = 0
  #identity: ProcessIdentity | undefined
  #state: 'waiting' | 'forking' | 'running' | 'ended' = 'waiting'
  #openSockets = 0

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

  /** The template has been told to fork it: gives it what will be its descriptors. */
  hand(address: string): void {
    this.#state = 'forking'
    for (const descriptor of descriptors) {
      const socket = connect({ path: address })
      this.#sockets.set(descriptor, socket)
      this.#openSockets++
      socket.on('connect', () => socket.write(Uint8Array.of(descriptor)))
      // The template says that it could not fork, or the end of the process follows.
      socket.on('error', () => {})
      socket.on('close', () => this.#onSocketClosed())
    }
  }

  /** The template has forked it. False when that cannot be. */
  forked(pid: number, template: number): boolean {
    const found = identifyProcess(pid)
    const [stdout, stderr, control, crash] = descriptors.map((descriptor) => this.#sockets.get(descriptor))
    if (stdout === undefined || stderr === undefined || control === undefined || crash === undefined)
      return false
    // One that is gone already is no lie; there is nothing to signal then.
    if (found !== undefined && found.parent !== template) return false
    if (this.#state !== 'forking') return true // given up in the meantime: without its lifeline it ends by itself
    this.#state = 'running'
    this.#pid = pid
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
    // What is left of the group of one that has ended is killed by the template, which alone knows its number to be valid.
    else if (this.#isStillThere()) killGroup(this.#pid)
  }

  close(): void {
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
