// Bytes that wait in memory, in order. Small pieces are copied together: an output of one-octet pieces would otherwise
// be one object an octet, and a body of one-octet chunks would hold the read that each of them came with.

/** Pieces below this size are copied together. */
const smallBytes = 4096
const blockBytes = 16 * 1024

export class PieceQueue {
  #pieces: Buffer[] = []
  #bytes = 0
  #block: Buffer | undefined
  #from = 0
  #used = 0

  /** Octets that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a copy. */
  copy(bytes: Buffer): void {
    if (bytes.length < smallBytes) this.#add(bytes)
    else this.keep(Buffer.from(bytes))
  }

  /** Adds bytes that nobody changes any more; small ones are copied nevertheless. */
  keep(bytes: Buffer): void {
    // The first piece is mostly the only one, and stays what it is.
    if (bytes.length < smallBytes && this.#bytes > 0) {
      this.#add(bytes)
      return
    }
    this.#seal()
    this.#pieces.push(bytes)
    this.#bytes += bytes.length
  }

  /** Puts bytes before all others. */
  putBack(bytes: Buffer): void {
    this.#pieces.unshift(bytes)
    this.#bytes += bytes.length
  }

  /** Takes the first piece; undefined when nothing waits. */
  shift(): Buffer | undefined {
    if (this.#pieces.length === 0) this.#seal()
    const piece = this.#pieces.shift()
    if (piece !== undefined) this.#bytes -= piece.length
    return piece
  }

  /** Takes everything, piece by piece. */
  takePieces(): Buffer[] {
    this.#seal()
    const pieces = this.#pieces
    this.#pieces = []
    this.#bytes = 0
    return pieces
  }

  /** Takes everything as one. */
  takeAll(): Buffer {
    const pieces = this.takePieces()
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  #add(bytes: Buffer): void {
    if (this.#block === undefined || this.#used + bytes.length > this.#block.length) {
      this.#seal()
      this.#block = Buffer.allocUnsafe(blockBytes)
      this.#from = 0
      this.#used = 0
    }
    this.#used += bytes.copy(this.#block, this.#used)
    this.#bytes += bytes.length
  }

  /** What is in the block becomes a piece; the rest of it stays for more. */
  #seal(): void {
    if (this.#block === undefined || this.#used === this.#from) return
    this.#pieces.push(this.#block.subarray(this.#from, this.#used))
    this.#from = this.#used
  }
}
