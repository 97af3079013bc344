// One running script: its pipes, relayed, and how it ends. The request is over when stdout has ended and the script has. Two
// things can keep these apart: a script that closes stdout and runs on, which then does so behind its answer, and a process
// it leaves behind that holds stdout open.

import { monotonicMs } from '../clock.ts'
import { Deadline } from '../process/deadline.ts'
import { carriageReturn, firstLine, hasCarriageReturn } from '../process/system/first-line.ts'
import { signalGroup, signalRest } from '../process/system/process-group.ts'
import { encodeStream, recordType } from '../wire/fastcgi.ts'
import { endOfRequest, refusalRecords } from './answer-records.ts'
import { type Hosting, type Running, say } from './hosting.ts'
import { InputPipe } from './input-pipe.ts'
import { octets, readable } from './octets.ts'
import { OutputPipe } from './output-pipe.ts'
import type { ScriptPipes } from './pipe-stock.ts'
import type { ScriptProcess } from './script-process.ts'
import { type NoRoom, notFound, type Unrunnable } from './unrunnable.ts'
import { type EndReason, verdictOf } from './verdict.ts'

/** The connection that the request came on. */
export interface Peer {
  /** At once, as far as the other side takes it. */
  send(pieces: readonly Buffer[]): void
  /** Octets that the other side has not taken yet. */
  readonly waitingBytes: number
  /** `last` ends the request. @param keep false: the connection takes no other request */
  ended(last: readonly Buffer[], keep?: boolean): void
  stopReading(): void
  readOn(): void
  /** The script keeps its place; false when it had none. */
  handOverPlace(): boolean
}

/** Output that waits for the connection, octets; above it the script is not read. */
const fullBytes = 128 * 1024
/** After the end of stdout a script may take so long to end before its answer is ended without it. */
const leaveMs = 100
/** After the end of a script its stdout may be silent for so long before those who hold it are ended. */
const silentMs = 1000
/** From SIGTERM to SIGKILL. */
const killMs = 3000

export class Run implements Running {
  readonly name: string
  readonly #hosting: Hosting
  readonly #requestId: number
  readonly #path: string
  readonly #began = monotonicMs()
  readonly #limit = new Deadline()
  readonly #phase = new Deadline()
  readonly #input: InputPipe
  #output: OutputPipe | undefined
  #errors: OutputPipe | undefined
  #peer: Peer | undefined
  #process: ScriptProcess | undefined
  /** Negative for a signal. */
  #code: number | undefined
  #reason: EndReason | undefined
  #hasInputEnded = false
  #isRead = true
  #answered = false
  #errorsUsed = false
  #killed = false
  #hasPlace = false

  /** @param name id of the request @param path of the script */
  constructor(
    hosting: Hosting,
    peer: Peer,
    requestId: number,
    name: string,
    path: string,
    pipes: ScriptPipes,
  ) {
    this.#hosting = hosting
    this.#peer = peer
    this.#requestId = requestId
    this.name = name
    this.#path = path
    this.#input = new InputPipe(pipes.input.ours, () => this.#peer?.readOn())
  }

  get hasInputEnded(): boolean {
    return this.#hasInputEnded
  }

  /** The next of its input; what the script does not want any more is dropped. */
  giveInput(content: Buffer, ended: boolean): void {
    this.#hasInputEnded = ended
    this.#input.give(content, ended)
    if (this.#input.isFull) this.#peer?.stopReading()
  }

  /** The script has its pipes: relays from now on. */
  started(process: ScriptProcess, { output, errors }: ScriptPipes): void {
    const { runs, keeper, settings } = this.#hosting
    this.#process = process
    runs.add(this)
    keeper.add(process.pid)
    this.#output = new OutputPipe(output.ours, {
      data: (bytes) => this.#onOutput(bytes),
      ended: () => this.#onOutputEnd(),
    })
    this.#errors = new OutputPipe(errors.ours, { data: (bytes) => this.#sendErrors(bytes), ended: () => {} })
    if (settings.timeMs > 0) this.#limit.arm(settings.timeMs, () => this.stop('time'))
  }

  /** Ends the request whose script could not be started; its output pipes were never read. */
  refuse(trouble: Unrunnable | NoRoom): void {
    this.#input.close()
    const peer = this.#peer
    this.#peer = undefined
    peer?.ended(refusalRecords(this.#requestId, trouble))
    this.#gone()
  }

  description(now: number): string {
    const why = this.#reason === undefined ? '' : `, is being ended (${this.#reason})`
    const seconds = ((now - this.#began) / 1000).toFixed(1)
    return `pid ${this.#process?.pid ?? 0}, for ${seconds} s${why}: ${this.#process?.command ?? ''}\n`
  }

  /** The connection has taken what waited. */
  relayOn(): void {
    if (this.#isRead) return
    this.#isRead = true
    this.#output?.resume()
    this.#errors?.resume()
    if (this.#code !== undefined && this.#isOutputOpen && this.#reason === undefined) this.#wait(silentMs)
  }

  /** The connection is gone. The script is ended, and has the place until it has. */
  abandon(): void {
    const peer = this.#peer
    this.#peer = undefined
    if (peer !== undefined) this.#hasPlace = peer.handOverPlace()
    this.#input.close()
    this.relayOn() // what it still says is read and dropped, so that it can come to its end
    this.stop('abort')
  }

  /** SIGTERM, and SIGKILL three seconds later, to the process group of the script. */
  stop(reason: EndReason): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#signal('SIGTERM')
    if (this.#code === undefined || this.#isOutputOpen) this.#wait(killMs)
  }

  kill(): void {
    this.#killed = true
    this.#signal('SIGKILL')
  }

  /** The script has ended and is reaped. @param code negative: by that signal */
  exited(code: number): void {
    if (this.#code !== undefined) return
    this.#hosting.keeper.remove(this.#process?.pid ?? 0)
    this.#code = code
    if (!this.#isOutputOpen) this.#end()
    else if (this.#killed) this.#wait(leaveMs)
    // Its end is an event that is on its way, unless somebody else has stdout too.
    else if (this.#isRead && this.#reason === undefined) this.#wait(silentMs)
  }

  get #isOutputOpen(): boolean {
    return this.#output?.isOpen === true
  }

  #onOutput(bytes: Buffer): void {
    this.#answered = true
    this.#relay(recordType.stdout, bytes)
    if (this.#code !== undefined && this.#isRead && this.#reason === undefined) this.#wait(silentMs)
  }

  #onOutputEnd(): void {
    if (this.#code !== undefined) this.#end()
    else if (this.#reason === undefined) this.#wait(leaveMs)
  }

  #sendErrors(bytes: Buffer): void {
    if (this.#peer !== undefined) this.#errorsUsed = true
    this.#relay(recordType.stderr, bytes)
  }

  #relay(type: number, bytes: Buffer): void {
    const peer = this.#peer
    if (peer === undefined) return
    peer.send(encodeStream(type, this.#requestId, bytes))
    if (peer.waitingBytes > fullBytes) this.#pause()
  }

  #pause(): void {
    this.#isRead = false
    this.#output?.pause()
    this.#errors?.pause()
  }

  #phaseOver(): void {
    if (this.#code === undefined && !this.#isOutputOpen && this.#reason === undefined) this.#endBehind()
    else if (this.#code === undefined) {
      if (this.#killed) return // the kernel cannot end it now (it waits for a disk); it will
      this.kill() // its time after SIGTERM is over; its end comes as an event
    } else if (this.#isOutputOpen && (this.#isRead || this.#reason !== undefined)) {
      this.#reason ??= 'held'
      this.kill()
      this.#end()
    }
  }

  /** It runs on without an output: the answer is complete, its connection is not used for another. */
  #endBehind(): void {
    const peer = this.#peer
    this.#peer = undefined
    this.#input.close()
    if (peer === undefined) return
    this.#hasPlace = peer.handOverPlace()
    peer.ended(endOfRequest(this.#requestId, 0, this.#errorsUsed), false)
  }

  /** All is known; what stderr still holds goes out before. */
  #end(): void {
    // Of a script that was stopped nothing stays behind.
    if (this.#reason !== undefined && !this.#killed) this.kill()
    const { status, sentence } = verdictOf(this.#code ?? 0, this.#answered, this.#reason)
    const said = this.#errors?.rest(fullBytes) ?? nothing
    const hint = status === notFound ? this.#hint() : ''
    const whole = sentence === '' ? '' : `script "${readable(this.#path)}" ${sentence}${hint}`
    const peer = this.#peer
    this.#peer = undefined
    this.#input.close()
    this.#output?.close()
    if (peer !== undefined) {
      const words = whole === '' ? said : Buffer.concat([said, Buffer.from(`portico: ${whole}\n`)])
      const errors = encodeStream(recordType.stderr, this.#requestId, words)
      const used = this.#errorsUsed || errors.length > 0
      peer.ended([...errors, ...endOfRequest(this.#requestId, status, used)])
    } else if (whole !== '' && this.#reason !== 'abort')
      say(`${whole}, behind its answer to request ${this.name}`)
    this.#gone()
  }

  /** env(1) has looked for it, and says nothing of that. */
  #hint(): string {
    return hasCarriageReturn(firstLine(octets(this.#path))) ? `: ${carriageReturn(readable(this.#path))}` : ''
  }

  #gone(): void {
    const { runs, places, left } = this.#hosting
    this.#limit.clear()
    this.#phase.clear()
    runs.delete(this)
    if (this.#hasPlace) {
      this.#hasPlace = false
      places.release()
    }
    left()
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid
    if (pid === undefined) return
    if (this.#code === undefined) signalGroup(pid, signal)
    else signalRest(pid, signal)
  }

  #wait(ms: number): void {
    this.#phase.arm(ms, () => this.#phaseOver())
  }
}

const nothing = Buffer.alloc(0)
