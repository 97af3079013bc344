// What this process has written to its logs lately, for who asks about it while it runs; bounded.
// Copies what goes to the sinks, gathered lines in one go, into memory of its own beside the heap: strings that are kept
// would live through many collections, and the young generation would grow by 25 MiB for 4 MiB of lines.

import { wallClockMs } from '../clock.ts'

/** Octets that are kept. Memory is taken as it is filled. */
const mostOctets = 4 * 1024 * 1024
/** Pieces that are kept at most. A busy access log hands on twenty lines and more as one. */
const mostPieces = 10_000

/** A line of a log, or an event of the error log with the lines that belong to it; without its last line end. */
export interface LogEvent {
  /** When it was handed to the system, in ms since 1970. */
  readonly wallMs: number
  readonly text: string
}

export interface LogQuestion {
  /** Only what came behind this place; 0 is from the start. */
  readonly after: number
  /** The last so many lines of it; the event with the first of them comes whole. */
  readonly lines: number
  /** Only what names this request; null is everything. */
  readonly request: string | null
}

export interface LogAnswer {
  readonly events: readonly LogEvent[]
  /** Where to go on. */
  readonly next: number
}

/** Whole lines that were written in one go. */
export interface LogPiece {
  /** When, in ms since 1970. */
  readonly wallMs: number
  readonly text: string
}

/** Behind a line end that no indented line follows, a new event begins. */
const betweenEvents = /\n(?! {4})/
/** What the error log writes on a terminal, where everything else that could steer one is escaped. */
const colours = /\u001b\[\d*m/g

export class RecentLines {
  readonly #most: number
  readonly #octets: Buffer
  // Of each piece, by its number modulo the most: where it begins, how long it is, when it came.
  readonly #starts: Uint32Array
  readonly #lengths: Uint32Array
  readonly #times: Float64Array
  /** Numbers of the oldest piece that is kept, and of the next one to come. */
  #first = 0
  #next = 0
  /** Where the next piece begins. */
  #at = 0

  constructor(pieces = mostPieces, octets = mostOctets) {
    this.#most = pieces
    this.#octets = Buffer.allocUnsafeSlow(octets)
    this.#starts = new Uint32Array(pieces)
    this.#lengths = new Uint32Array(pieces)
    this.#times = new Float64Array(pieces)
  }

  /**
   * @param text whole lines, each with its line end
   * @param octets its length in UTF-8; of what is longer than all that is kept nothing is
   * @param wallMs when it was written, in ms since 1970
   */
  add(text: string, octets = Buffer.byteLength(text), wallMs = wallClockMs()): void {
    if (octets > this.#octets.length) return
    if (this.#next - this.#first === this.#most) this.#first++
    if (this.#at + octets > this.#octets.length) {
      // A piece is never cut in two: what stands behind this place goes, and the next round begins.
      while (this.#oldestStart >= this.#at) this.#first++
      this.#at = 0
    }
    while (this.#oldestStart >= this.#at && this.#oldestStart < this.#at + octets) this.#first++
    const entry = this.#next % this.#most
    this.#starts[entry] = this.#at
    this.#lengths[entry] = octets
    this.#times[entry] = wallMs
    this.#octets.write(text, this.#at, 'utf8')
    this.#at += octets
    this.#next++
  }

  read({ after, lines, request }: LogQuestion): LogAnswer {
    const isWanted = request === null ? () => true : namesRequest(request)
    const events: LogEvent[] = []
    let left = lines
    // From the newest: what is older than the last lines need not be looked at.
    for (let number = this.#next - 1; number >= Math.max(after, this.#first) && left > 0; number--) {
      const { wallMs, text: piece } = this.#piece(number)
      const found = eventsOf(piece).filter(isWanted)
      for (const text of found.reverse()) {
        if (left <= 0) break
        left -= lineCount(text)
        events.push({ wallMs, text })
      }
    }
    return { events: events.reverse(), next: this.#next }
  }

  /** All that is kept, for who takes it over. */
  pieces(): LogPiece[] {
    return Array.from({ length: this.#next - this.#first }, (_, i) => this.#piece(this.#first + i))
  }

  #piece(number: number): LogPiece {
    const entry = number % this.#most
    const start = this.#starts[entry] ?? 0
    const text = this.#octets.toString('utf8', start, start + (this.#lengths[entry] ?? 0))
    return { wallMs: this.#times[entry] ?? 0, text }
  }

  /** -1 when nothing is kept. */
  get #oldestStart(): number {
    return this.#first === this.#next ? -1 : (this.#starts[this.#first % this.#most] ?? -1)
  }
}

export function lineCount(text: string): number {
  return text.split('\n').length
}

function eventsOf(text: string): string[] {
  const plain = text.includes('\u001b') ? text.replace(colours, '') : text
  return plain.replace(/\n$/, '').split(betweenEvents)
}

/** Ids of which one begins with the other must not be mistaken. */
function namesRequest(request: string): (text: string) => boolean {
  const whole = new RegExp(`(?<![\\w-])${request.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`)
  return (text) => text.includes(request) && whole.test(text)
}
