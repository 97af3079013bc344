// The output of an answer, compressed on its way: each piece of a stream is flushed, so that nothing waits for the next one.
// The work is done by the threads of zlib; what they have not taken yet holds the source back.

import type { Transform } from 'node:stream'
import { PorticoError } from '../failure.ts'
import type { OutputSink, OutputSource } from '../http/exchange.ts'

/** What zlib's streams have in common. */
export interface Compressor extends Transform {
  flush(flushed: () => void): void
}

/** Octets that may wait for a thread. */
const maxWaitingBytes = 256 * 1024

export class CompressSource implements OutputSource, OutputSink {
  readonly #source: OutputSource
  readonly #compressor: Compressor
  /** The source may pause between its pieces. */
  readonly #flushes: boolean
  readonly #freed: () => void
  #sink: OutputSink | undefined
  #flushing = false
  #unflushed = false
  #sourceWaits = false
  #over = false

  /** @param freed called once, when nothing is held any more */
  constructor(source: OutputSource, compressor: Compressor, flushes: boolean, freed: () => void) {
    this.#source = source
    this.#compressor = compressor
    this.#flushes = flushes
    this.#freed = freed
  }

  start(sink: OutputSink): void {
    if (this.#over) return
    this.#sink = sink
    this.#compressor.on('data', (bytes: Buffer) => {
      if (!this.#over && !sink.write(bytes)) this.#compressor.pause()
    })
    this.#compressor.on('end', () => {
      if (this.#finish()) sink.end()
    })
    this.#compressor.on('error', (error) => this.#broken(error))
    this.#source.start(this)
  }

  resume(): void {
    if (this.#over) return
    this.#compressor.resume()
    this.#wake()
  }

  cancel(): void {
    if (this.#finish()) this.#source.cancel()
  }

  write(bytes: Buffer): boolean {
    if (this.#over) return true
    this.#compressor.write(bytes, () => this.#wake())
    if (this.#flushes) this.#flush()
    const open = this.#compressor.writableLength < maxWaitingBytes
    if (!open) this.#sourceWaits = true
    return open
  }

  end(): void {
    if (!this.#over) this.#compressor.end()
  }

  fail(failure: PorticoError): void {
    if (this.#finish()) this.#sink?.fail(failure)
  }

  /** One flush at a time: pieces that come meanwhile share the next. */
  #flush(): void {
    if (this.#flushing) {
      this.#unflushed = true
      return
    }
    this.#flushing = true
    this.#unflushed = false
    this.#compressor.flush(() => {
      this.#flushing = false
      if (this.#unflushed && !this.#over && !this.#compressor.writableEnded) this.#flush()
    })
  }

  /**
   * Only when nothing waits: the source may write over its octets then. What a thread is at work on counts until all of it
   * was taken.
   */
  #wake(): void {
    if (!this.#sourceWaits || this.#over || this.#compressor.writableLength > 0) return
    this.#sourceWaits = false
    this.#source.resume()
  }

  #broken(error: Error): void {
    if (!this.#finish()) return
    this.#source.cancel()
    this.#sink?.fail(new PorticoError('E_INTERNAL', 'The answer could not be compressed', {}, error))
  }

  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#compressor.destroy()
    this.#freed()
    return true
  }
}
