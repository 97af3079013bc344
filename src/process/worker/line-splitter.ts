// Bytes in, lines out, any chunking. A line above the bound comes in pieces: nothing is lost, memory stays
// bounded. Pure; a line is bytes, because what an application prints need not be UTF-8.

export interface LineSink {
  /**
   * `bytes` without the line end, valid until the call returns. `complete` false: the rest of the line
   * follows.
   */
  line(bytes: Buffer, complete: boolean): void
}

const newline = 0x0a
const carriageReturn = 0x0d

export class LineSplitter {
  readonly #maxBytes: number
  readonly #sink: LineSink
  #held: Buffer[] = []
  #heldBytes = 0

  /** `maxBytes`: the longest piece, at least 4. */
  constructor(maxBytes: number, sink: LineSink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  push(bytes: Buffer): void {
    let start = 0
    while (start < bytes.length) {
      const end = bytes.indexOf(newline, start)
      if (end >= 0 && this.#heldBytes === 0 && end - start <= this.#maxBytes) {
        // The usual case, without a copy: a flood of a million lines a second passes here.
        this.#emit(bytes.subarray(start, end), true)
        start = end + 1
        continue
      }
      this.#take(bytes.subarray(start, end < 0 ? bytes.length : end))
      if (end < 0) return
      this.#emit(this.#release(), true)
      start = end + 1
    }
  }

  /** The stream has ended: a last line without its end comes out. */
  flush(): void {
    if (this.#heldBytes > 0) this.#emit(this.#release(), true)
  }

  #take(part: Buffer): void {
    let rest = part
    while (this.#heldBytes + rest.length > this.#maxBytes) {
      const whole = this.#heldBytes === 0 ? rest : Buffer.concat([...this.#held, rest])
      this.#held = []
      this.#heldBytes = 0
      const cut = characterStart(whole, this.#maxBytes)
      this.#sink.line(whole.subarray(0, cut), false)
      rest = whole.subarray(cut)
    }
    if (rest.length === 0) return
    // A copy: what is held must not keep the 64 KiB chunk alive that it came in.
    this.#held.push(Buffer.from(rest))
    this.#heldBytes += rest.length
  }

  #release(): Buffer {
    const only = this.#held.length === 1 ? this.#held[0] : undefined
    const line = only ?? Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return line
  }

  #emit(line: Buffer, complete: boolean): void {
    const end = line[line.length - 1] === carriageReturn ? line.length - 1 : line.length
    this.#sink.line(line.subarray(0, end), complete)
  }
}

/**
 * The greatest index up to `limit` that does not cut a UTF-8 character; `limit` itself when it is no UTF-8.
 */
function characterStart(bytes: Buffer, limit: number): number {
  for (let at = limit; at > limit - 4 && at > 0; at -= 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at
  }
  return limit
}
