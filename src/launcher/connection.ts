// One connection of the HTTP process: records in, records out (FastCGI 1.0 sections 3.3, 5.1 to 5.5). One request at a time.
// Whatever is not FastCGI, or comes out of turn, costs the connection and nothing else.

import type { Socket } from 'node:net'
import { Deadline } from '../process/deadline.ts'
import {
  encodeEnd,
  probe,
  protocolStatus,
  RecordDecoder,
  type RecordSink,
  recordType,
  role,
} from '../wire/fastcgi.ts'
import { refusalRecords } from './answer-records.ts'
import { begin } from './begin.ts'
import type { Connected, Hosting } from './hosting.ts'
import { managementAnswer } from './management.ts'
import type { ScriptPipes } from './pipe-stock.ts'
import type { Waiting } from './places.ts'
import { RequestParts } from './request-parts.ts'
import type { Peer, Run } from './run.ts'
import { NoRoom } from './unrunnable.ts'

/** Answers to management records and refusals that the other side does not read, octets. */
const maxUnreadBytes = 256 * 1024
/** What a connection may send before it has a place: its greeting, and no more. */
const maxEarlyBytes = 4096
/** Octets of output that wait for the connection when its script is read again. */
const lowBytes = 64 * 1024
/** How long a connection that is to be closed waits for its last octets to be taken. */
const lastMs = 10_000
/** While nothing is read it is only seen by writing that the other side has gone. */
const probeMs = 1000
/** FCGI_KEEP_CONN (section 5.1). */
const keepFlag = 1
const beginBytes = 8

export class Connection implements Waiting, Connected, Peer, RecordSink {
  readonly #socket: Socket
  readonly #hosting: Hosting
  readonly #decoder = new RecordDecoder()
  readonly #last = new Deadline()
  readonly #probe = new Deadline()
  /** Undefined: it has no place yet, and this is what it has sent. */
  #early: Buffer[] | undefined = []
  #hasPlace = false
  #closed = false
  #closing = false
  #keeps = true
  /** Id of the request that is being read or runs, 0 for none. */
  #active = 0
  #parts: RequestParts | undefined
  /** A request that waits for pipes. */
  #starting: RequestParts | undefined
  #run: Run | undefined

  constructor(socket: Socket, hosting: Hosting) {
    this.#socket = socket
    this.#hosting = hosting
    hosting.connections.add(this)
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('drain', () => this.#onDrain())
    socket.on('error', () => {}) // 'close' follows
    // Also with octets unread: who closes gives the request up.
    socket.on('end', () => this.close())
    socket.on('close', () => this.close())
  }

  get isIdle(): boolean {
    return this.#active === 0
  }

  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  /** From now on its greeting is answered. */
  placed(): void {
    this.#hasPlace = true
    const early = this.#early ?? []
    this.#early = undefined
    for (const bytes of early) this.#read(bytes)
    this.readOn()
  }

  send(pieces: readonly Buffer[]): void {
    if (this.#closed) return
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
  }

  ended(last: readonly Buffer[], keep = true): void {
    this.#active = 0
    this.#run = undefined
    this.#parts = undefined
    this.#starting = undefined
    this.send(last)
    if (this.#closed) return
    if (!keep || !this.#keeps || this.#hosting.isStopping) this.closeAfterOutput()
    else this.readOn()
  }

  /** Reads no more, and closes as soon as everything is out. */
  closeAfterOutput(): void {
    if (this.#closed || this.#closing) return
    this.#closing = true
    this.stopReading()
    this.#probe.clear()
    this.#last.arm(lastMs, () => this.close())
    this.#socket.end(() => this.close())
  }

  stopReading(): void {
    if (this.#closed) return
    this.#socket.pause()
    this.#probe.arm(probeMs, () => this.#ask())
  }

  readOn(): void {
    this.#probe.clear()
    if (!this.#closed && !this.#closing) this.#socket.resume()
  }

  handOverPlace(): boolean {
    const had = this.#hasPlace
    this.#hasPlace = false
    return had
  }

  /** Gives the request up; its script is ended. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const { connections, places, left } = this.#hosting
    this.#last.clear()
    this.#probe.clear()
    connections.delete(this)
    this.#socket.destroy()
    this.#parts = undefined
    this.#starting = undefined
    const run = this.#run
    this.#run = undefined
    run?.abandon() // takes the place over, for as long as there is something left of the script
    if (this.#hasPlace) {
      this.#hasPlace = false
      places.release()
    } else if (this.#early !== undefined) places.leave(this)
    left()
  }

  record(type: number, id: number, content: Buffer, last: boolean): void {
    if (this.#closed || this.#closing) return
    if (!this.#take(type, id, content, last)) this.close()
    else if (this.#parts?.isComplete === true) this.#begin(this.#parts)
  }

  malformed(): void {
    this.close()
  }

  #read(bytes: Buffer): void {
    if (this.#early !== undefined) {
      this.#early.push(bytes)
      if (this.#early.reduce((sum, one) => sum + one.length, 0) > maxEarlyBytes) this.#socket.pause()
      return
    }
    this.#decoder.push(bytes, this)
    // The rest of its input comes while it runs.
    if (this.#parts?.variables !== undefined) this.#begin(this.#parts)
  }

  #onDrain(): void {
    if (this.waitingBytes <= lowBytes) this.#run?.relayOn()
  }

  /** One record; false when the connection cannot go on. */
  #take(type: number, id: number, content: Buffer, last: boolean): boolean {
    if (id === 0) return !last || this.#answer(managementAnswer(type, content, this.#hosting.settings.slots))
    if (type === recordType.begin) return this.#takeBegin(id, content)
    if (id !== this.#active) return true // of a request that is over (section 3.3)
    if (type === recordType.abort) return this.#takeAbort()
    if (type === recordType.data) return true
    if (this.#run === undefined) return this.#parts?.take(type, content) === true
    if (type !== recordType.stdin || this.#run.hasInputEnded) return false
    this.#run.giveInput(content, content.length === 0)
    return true
  }

  #answer(answer: Buffer | undefined): boolean {
    if (answer === undefined || this.waitingBytes > maxUnreadBytes) return false
    this.send([answer])
    return true
  }

  #takeBegin(id: number, content: Buffer): boolean {
    if (this.#active === id || content.length !== beginBytes) return false
    if (this.#active !== 0) return this.#answer(encodeEnd(id, 0, protocolStatus.cannotMultiplex))
    this.#keeps = ((content[2] ?? 0) & keepFlag) !== 0
    if (content.readUInt16BE(0) === role.responder) {
      this.#active = id
      this.#parts = new RequestParts(this.#hosting.settings.environment)
      return true
    }
    const answered = this.#answer(encodeEnd(id, 0, protocolStatus.unknownRole))
    if (answered && !this.#keeps) this.closeAfterOutput()
    return answered
  }

  #takeAbort(): boolean {
    if (this.#run !== undefined) this.#run.stop('abort')
    else this.ended([encodeEnd(this.#active, 0, protocolStatus.complete)])
    return true
  }

  #begin(parts: RequestParts): void {
    const { variables } = parts
    this.#parts = undefined
    if (variables === undefined) return
    this.#starting = parts
    let isTaken = false
    this.#hosting.pipes.take((pipes) => {
      // It was given up meanwhile, or another request has begun.
      if (this.#starting !== parts) {
        if (!(pipes instanceof Error)) this.#hosting.pipes.giveBack(pipes)
        return
      }
      this.#starting = undefined
      if (isTaken) this.readOn()
      isTaken = true
      this.#start(variables, parts, pipes)
    })
    // They have to be made first; until then no more of the input is taken.
    if (!isTaken) this.#socket.pause()
    isTaken = true
  }

  #start(variables: ReadonlyMap<string, string>, parts: RequestParts, pipes: ScriptPipes | Error): void {
    const id = this.#active
    if (pipes instanceof Error) {
      const path = variables.get('SCRIPT_FILENAME') ?? ''
      this.ended(refusalRecords(id, new NoRoom(path, pipes)))
      return
    }
    this.#run = begin({ hosting: this.#hosting, peer: this, id, variables, ...parts.input }, pipes)
  }

  #ask(): void {
    if (this.waitingBytes === 0) this.send([probe])
    this.#probe.arm(probeMs, () => this.#ask())
  }
}
