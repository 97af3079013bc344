// Reads an answer piece by piece, as it comes.

import { within } from './socket.ts'

const pieceMs = 15_000

export class PieceReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #received = ''

  constructor(response: Response) {
    if (response.body === null) throw new Error('the answer has no body')
    this.#reader = response.body.getReader()
  }

  /** Everything that has come once it ends with `end`. */
  async until(end: string): Promise<string> {
    while (!this.#received.endsWith(end)) {
      const { done, value } = await within(pieceMs, this.#reader.read(), `a piece that ends with "${end}"`)
      if (done) throw new Error(`the answer ended after "${this.#received}"`)
      this.#received += this.#decoder.decode(value, { stream: true })
    }
    return this.#received
  }

  /** Everything, once the answer has ended. */
  async whole(): Promise<string> {
    for (;;) {
      const { done, value } = await within(pieceMs, this.#reader.read(), 'the end of the answer')
      if (done) return this.#received
      this.#received += this.#decoder.decode(value, { stream: true })
    }
  }
}
