// The lane of an embedded application: calls without input go to one thread of Python through memory that both share,
// and whole small answers come back the same way. Whoever sleeps is rung awake over a socket pair; whoever is awake finds
// what has come without a system call. Whatever is not small and whole takes the slot's connection, as without a lane.
// Decision 008 says why; python/portico_worker/slots/lane.py is the other side.

/** What the shared memory is made of: 32-bit words at the start, then the bytes of each entry. */
export const shape = {
  /** Calls that may be on their way at once; a power of two. */
  entries: 64,
  /** Octets; what is longer takes the connection. */
  callBytes: 16 * 1024,
  /** Octets: one record of the largest size, its header and the records of the end. */
  answerBytes: 66 * 1024,
} as const

/** Words that one side writes stand in a cache line of their own (64 octets). */
const word = {
  /** Calls posted so far; ours. */
  posted: 0,
  /** 1: their thread waits for the bell, or is about to. Set by them, cleared by who rings. */
  asleep: 16,
  /** Calls taken so far; theirs. */
  taken: 32,
  /** 1: their thread is in the application; theirs. */
  busy: 33,
  /** 1: our bell has been rung and not been heard. Set by them, cleared by us. */
  rung: 48,
  /** The entries: status, place, octets of the call, octets of the answer. */
  entries: 64,
} as const

const entryWords = 4
const status = {
  free: 0,
  posted: 1,
  /** The answer is in the memory. */
  answered: 2,
  /** Certainly not begun: it is to be sent over its connection. */
  returned: 3,
  /** Over, and what there was to say went over the connection. */
  elsewhere: 4,
} as const

const entriesAt = 4096
const entryBytes = shape.callBytes + shape.answerBytes
const mask = shape.entries - 1

/** Python has no fences: it takes a processor that keeps stores in order. */
export const laneWorksHere = process.arch === 'x64'

export const laneBytes = entriesAt + shape.entries * entryBytes

/** How often it is looked whether somebody waits behind a call that takes long. */
const watchMs = 3
/** Looks after which calls that nobody takes are spread, whatever their thread may be doing: a tenth of a second. */
const patience = 33
/** For how long the lane stays closed when that has happened: twice as long each time, unless many calls went well. */
const closedMs = { first: 250, most: 8000 }
const manyCalls = 10_000

/** One slot's way into the lane. */
export interface LanePlace {
  /** Number of its connection, as the other side knows it. */
  readonly number: number
  /** The answer; the bytes are valid only until the call returns. */
  answered(bytes: Buffer): void
  /** The call was certainly not begun and goes over the connection; the bytes are valid only until the call returns. */
  returned(bytes: Buffer): void
}

export interface LaneEnds {
  readonly memory: ArrayBuffer
  /** Wakes the other side. */
  ring(): void
  /** The call at work takes long: lets others have those that wait behind it. */
  spread(): void
}

export class Lane {
  readonly #words: Uint32Array
  readonly #bytes: Buffer
  readonly #ends: LaneEnds
  /** Whose call is in each entry; undefined when nobody waits for it any more. */
  readonly #places: (LanePlace | undefined)[] = new Array(shape.entries).fill(undefined)
  /** Counts modulo 2^32: the next entry, and the first one that is not free. */
  #posted = 0
  #oldest = 0
  #ringing = false
  #open = true
  #gone = false
  #closedMs = closedMs.first / 2
  /** How many had been posted when it was opened last. */
  #openedAt = 0
  readonly #watch: NodeJS.Timeout
  #watching = false
  /** What the last look saw, undefined before the first; and how many in a row have seen the same. */
  #seenTaken: number | undefined
  #looks = 0

  constructor(ends: LaneEnds) {
    this.#ends = ends
    this.#words = new Uint32Array(ends.memory, 0, entriesAt / 4)
    this.#bytes = Buffer.from(ends.memory)
    this.#watch = setTimeout(() => this.#look(), watchMs)
    this.#watch.unref()
    this.#watching = true
  }

  /** Takes a whole call; false: send it over the connection. */
  post(place: LanePlace, call: Buffer): boolean {
    const posted = this.#posted
    if (!this.#open || call.length > shape.callBytes) return false
    if ((posted - this.#oldest) >>> 0 === shape.entries) return false
    const entry = posted & mask
    const at = word.entries + entry * entryWords
    call.copy(this.#bytes, entriesAt + entry * entryBytes)
    this.#places[entry] = place
    this.#words[at + 1] = place.number
    this.#words[at + 2] = call.length
    this.#words[at] = status.posted
    this.#posted = (posted + 1) >>> 0
    Atomics.store(this.#words, word.posted, this.#posted)
    if (!this.#ringing) {
      this.#ringing = true
      // Once for all calls of this turn of the event loop: a thread that is woken for each goes to sleep after each.
      setImmediate(() => this.#ring())
    }
    if (!this.#watching) this.#startWatching()
    return true
  }

  /** The slot's connection is gone: nobody waits for its call any more. */
  leave(place: LanePlace): void {
    const at = this.#places.indexOf(place)
    if (at >= 0) this.#places[at] = undefined
  }

  /** The bell has rung: hands out what has come. */
  heard(): void {
    Atomics.store(this.#words, word.rung, 0)
    try {
      for (let n = this.#oldest; n !== this.#posted; n = (n + 1) >>> 0) this.#settle(n & mask)
    } catch (thrown) {
      // A fault in one answer must not keep the others waiting: nobody rings for those again.
      this.heard()
      throw thrown
    } finally {
      this.#advance()
    }
  }

  /** Called a few times a second: an interrupted thread may have answered without ringing. */
  sweep(): void {
    if (this.#oldest !== this.#posted) this.heard()
  }

  /** Nobody takes calls any more: those that were not taken go over their connections, and so do all from now on. */
  gone(): void {
    this.#gone = true
    this.#open = false
    clearTimeout(this.#watch)
    this.#watching = true
    this.heard()
    const taken = Atomics.load(this.#words, word.taken)
    for (let n = this.#oldest; n !== this.#posted; n = (n + 1) >>> 0) {
      const entry = n & mask
      // Taken ones have begun: their slots hear of their end, or run out of time.
      if (((n - taken) | 0) >= 0) this.#words[word.entries + entry * entryWords] = status.returned
    }
    this.heard()
  }

  #settle(entry: number): void {
    const at = word.entries + entry * entryWords
    const now = Atomics.load(this.#words, at)
    if (now === status.posted || now === status.free) return
    this.#words[at] = status.free
    const place = this.#places[entry]
    if (place === undefined) return
    this.#places[entry] = undefined
    const start = entriesAt + entry * entryBytes
    if (now === status.answered) {
      const answerAt = start + shape.callBytes
      const length = Math.min(this.#words[at + 3] as number, shape.answerBytes)
      place.answered(this.#bytes.subarray(answerAt, answerAt + length))
    } else if (now === status.returned) {
      place.returned(this.#bytes.subarray(start, start + (this.#words[at + 2] as number)))
    }
  }

  #advance(): void {
    while (
      this.#oldest !== this.#posted &&
      this.#words[word.entries + (this.#oldest & mask) * entryWords] === status.free
    ) {
      this.#oldest = (this.#oldest + 1) >>> 0
    }
  }

  #ring(): void {
    this.#ringing = false
    if (Atomics.exchange(this.#words, word.asleep, 0) === 1) this.#ends.ring()
  }

  #startWatching(): void {
    this.#watching = true
    this.#seenTaken = undefined
    this.#looks = 0
    this.#watch.refresh()
  }

  // A call that waits behind one that sleeps, or computes for long, would wait for nothing: the slots have threads of
  // their own. Twice the same picture, so that a thread that merely has not had its turn is not taken for that.
  #look(): void {
    this.#watching = false
    const taken = Atomics.load(this.#words, word.taken)
    if (taken === this.#posted) return
    const busy = Atomics.load(this.#words, word.busy) === 1
    const same = taken === this.#seenTaken
    this.#looks = same ? this.#looks + 1 : 0
    if (same && (busy || this.#looks > patience)) {
      this.#spread()
      return
    }
    this.#seenTaken = taken
    this.#watching = true
    this.#watch.refresh()
  }

  #spread(): void {
    this.#ends.spread()
    const gone = (this.#posted - this.#openedAt) >>> 0
    this.#closedMs = gone > manyCalls ? closedMs.first : Math.min(this.#closedMs * 2, closedMs.most)
    this.#open = false
    setTimeout(() => {
      if (this.#gone) return
      this.#open = true
      this.#openedAt = this.#posted
    }, this.#closedMs).unref()
  }
}
