// The receiving end of a streamed answer: collects what comes, says stop when it is told to, and notices broken contracts.

import type { PorticoError } from '../../src/failure.ts'
import type { OutputSink } from '../../src/http/exchange.ts'

export type Ending = { readonly kind: 'end' } | { readonly kind: 'fail'; readonly failure: PorticoError }

export class CollectingSink implements OutputSink {
  readonly pieces: Buffer[] = []
  /** How the output ended; hangs until it has. */
  readonly ending: Promise<Ending>
  /** Called with every piece; false asks the source to wait. */
  readonly #takes: (piece: Buffer, count: number) => boolean
  #ended = false
  #settle: (ending: Ending) => void = () => {}

  constructor(takes: (piece: Buffer, count: number) => boolean = () => true) {
    this.#takes = takes
    this.ending = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces)
  }

  get ended(): boolean {
    return this.#ended
  }

  write(piece: Buffer): boolean {
    this.#notEnded('write')
    // A copy: once it has asked for more, the source may use the memory again.
    this.pieces.push(Buffer.from(piece))
    return this.#takes(piece, this.pieces.length)
  }

  end(): void {
    this.#notEnded('end')
    this.#ended = true
    this.#settle({ kind: 'end' })
  }

  fail(failure: PorticoError): void {
    this.#notEnded('fail')
    this.#ended = true
    this.#settle({ kind: 'fail', failure })
  }

  #notEnded(call: string): void {
    if (this.#ended) throw new Error(`${call} after the end of the output`)
  }
}
