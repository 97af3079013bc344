// One socket that carries several FastCGI requests at once (FastCGI 1.0 section 3.3), to applications that say they can
// (FCGI_MPXS_CONNS): each call has a carrier of its own, whose records get the number of their request here. What a slow client
// cannot take holds up the others of its socket, once it is more than the output of a call may wait.

import {
  encodeAbort,
  headerBytes,
  protocolStatus,
  RecordDecoder,
  type RecordSink,
  recordType,
  writeHeader,
} from '../../wire/fastcgi.ts'
import type { Carrier, CarrierSink, OpenCarrier } from './carrier.ts'

/** Requests on one socket, at most. */
export const mostRequests = 64
/** The number that a call has for itself. */
const ownId = 1

export interface MultiplexerOwner {
  /** The socket is gone. */
  multiplexerClosed(multiplexer: Multiplexer): void
  /** It said that it cannot, although it had said it could. */
  cannotMultiplex(): void
  now(): number
}

/** One request. */
class Part implements Carrier {
  readonly id: number
  readonly sink: CarrierSink
  readonly #socket: Multiplexer
  isBegun = false
  hasEnded = false
  isOpen = true
  /** Its call takes nothing for now. */
  holds = false
  /** Records that came with one read. */
  readonly waiting: Buffer[] = []

  constructor(id: number, sink: CarrierSink, socket: Multiplexer) {
    this.id = id
    this.sink = sink
    this.#socket = socket
  }

  write(bytes: Buffer): boolean {
    this.isBegun = true
    return this.#socket.send(renumbered(bytes, this.id))
  }

  get isPaused(): boolean {
    return this.#socket.isPaused
  }

  pause(): void {
    this.holds = true
    this.#socket.look()
  }

  resume(): void {
    this.holds = false
    this.#socket.look()
  }

  destroy(): void {
    if (!this.isOpen) return
    this.isOpen = this.holds = false
    this.#socket.leave(this)
  }
}

export class Multiplexer implements CarrierSink, RecordSink {
  readonly #owner: MultiplexerOwner
  readonly #socket: Carrier
  readonly #decoder = new RecordDecoder()
  /** By number; one that was given up keeps its number until the other side has ended it. */
  readonly #parts = new Map<number, Part>()
  readonly #touched = new Set<Part>()
  #isConnected = false
  /** One of its calls takes nothing, and so none of the others gets anything. */
  isPaused = false
  /** A call was given up, and nothing has come since: nobody may be there any more. */
  isDoubtful = false
  /** Since when it carries nothing. */
  idleMs: number
  /** Requests that it has carried. */
  requests = 0

  constructor(open: OpenCarrier, owner: MultiplexerOwner) {
    this.#owner = owner
    this.#socket = open(this)
    this.idleMs = owner.now()
  }

  get load(): number {
    return this.#parts.size
  }

  /** A carrier for one call. */
  readonly open: OpenCarrier = (sink) => {
    let id = 1
    while (this.#parts.has(id)) id++
    const part = new Part(id, sink, this)
    this.#parts.set(id, part)
    if (this.#isConnected) process.nextTick(() => part.isOpen && sink.connected())
    return part
  }

  send(bytes: Buffer): boolean {
    return this.#socket.write(bytes)
  }

  /** Somebody has paused, or wants to go on. */
  look(): void {
    const isPaused = [...this.#parts.values()].some((part) => part.holds)
    if (isPaused === this.isPaused) return
    this.isPaused = isPaused
    if (isPaused) this.#socket.pause()
    else this.#socket.resume()
  }

  leave(part: Part): void {
    if (part.isBegun && !part.hasEnded) {
      this.#socket.write(encodeAbort(part.id))
      this.isDoubtful = true
      if (!this.#isWanted) {
        this.close()
        this.closed('')
        return
      }
    } else this.#forget(part)
    this.look()
  }

  /** A call is on it that somebody waits for. */
  get #isWanted(): boolean {
    for (const { isOpen } of this.#parts.values()) if (isOpen) return true
    return false
  }

  close(): void {
    this.#socket.destroy()
  }

  connected(): void {
    this.#isConnected = true
    for (const part of this.#parts.values()) if (part.isOpen) part.sink.connected()
  }

  data(bytes: Buffer): void {
    this.isDoubtful = false
    this.#decoder.push(bytes, this)
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const part of touched) {
      const records = Buffer.concat(part.waiting.splice(0))
      if (part.isOpen) part.sink.data(records)
    }
  }

  drained(): void {
    for (const part of [...this.#parts.values()]) if (part.isOpen) part.sink.drained()
  }

  closed(code: string): void {
    const parts = [...this.#parts.values()]
    this.#parts.clear()
    this.#owner.multiplexerClosed(this)
    for (const part of parts) {
      if (!part.isOpen) continue
      part.isOpen = false
      part.sink.closed(code)
    }
  }

  record(type: number, id: number, content: Buffer, last: boolean): void {
    const part = this.#parts.get(id)
    if (part === undefined) return // records for requests that are none are ignored (section 3.3)
    if (part.isOpen) {
      const record = Buffer.allocUnsafe(headerBytes + content.length)
      writeHeader(record, 0, type, ownId, content.length)
      content.copy(record, headerBytes)
      part.waiting.push(record)
      this.#touched.add(part)
    }
    if (type !== recordType.end || !last) return
    part.hasEnded = true
    this.requests++
    if (content[4] === protocolStatus.cannotMultiplex) this.#owner.cannotMultiplex()
    if (!part.isOpen) this.#forget(part)
  }

  malformed(): void {
    this.#socket.destroy()
    this.closed('EPROTO')
  }

  #forget(part: Part): void {
    this.#parts.delete(part.id)
    if (this.#parts.size === 0) this.idleMs = this.#owner.now()
  }
}

/** The records of a call with the number of its request; calls write whole records. */
function renumbered(records: Buffer, id: number): Buffer {
  const copy = Buffer.from(records)
  for (let at = 0; at + headerBytes <= copy.length; ) {
    copy[at + 2] = id >> 8
    copy[at + 3] = id & 0xff
    const contentBytes = ((copy[at + 4] as number) << 8) | (copy[at + 5] as number)
    const paddingBytes = copy[at + 6] as number
    at += headerBytes + contentBytes + paddingBytes
  }
  return copy
}
