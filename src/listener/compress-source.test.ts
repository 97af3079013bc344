import { randomBytes } from 'node:crypto'
import { brotliDecompressSync, createBrotliCompress, createGzip, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PorticoError } from '../failure.ts'
import type { OutputSink, OutputSource } from '../http/exchange.ts'
import { type Compressor, CompressSource } from './compress-source.ts'

const pieceBytes = 48 * 1024

/** Writes the same piece of memory again as soon as it may, filled anew, as a file does with its buffer. */
class ReusingSource implements OutputSource {
  readonly #octets: Buffer
  #buffer = Buffer.alloc(pieceBytes)
  #at = 0
  #sink: OutputSink | undefined
  #isCancelled = false

  constructor(octets: Buffer) {
    this.#octets = octets
  }

  start(sink: OutputSink): void {
    this.#sink = sink
    this.#write()
  }

  /** All that was written is ours again. */
  resume(): void {
    this.#write()
  }

  cancel(): void {
    this.#isCancelled = true
  }

  #write(): void {
    while (this.#at < this.#octets.length && !this.#isCancelled) {
      const count = this.#octets.copy(this.#buffer, 0, this.#at)
      this.#at += count
      if (this.#sink?.write(this.#buffer.subarray(0, count)) === false) return
      // Taken without a word about when it has left.
      this.#buffer = Buffer.alloc(pieceBytes)
    }
    this.#sink?.end()
  }
}

/** Takes a piece, and the next one when the event loop has been round a few times. */
class SlowSink implements OutputSink {
  readonly pieces: Buffer[] = []
  readonly #source: OutputSource
  readonly #rounds: number
  readonly #done: (outcome: string) => void

  constructor(source: OutputSource, rounds: number, done: (outcome: string) => void) {
    this.#source = source
    this.#rounds = rounds
    this.#done = done
  }

  write(bytes: Buffer): boolean {
    this.pieces.push(bytes)
    if (this.#rounds > 0) this.#wait(this.#rounds)
    return this.#rounds === 0
  }

  end(): void {
    this.#done('end')
  }

  fail(failure: PorticoError): void {
    this.#done(failure.code)
  }

  #wait(rounds: number): void {
    setImmediate(() => (rounds === 1 ? this.#source.resume() : this.#wait(rounds - 1)))
  }
}

async function through(octets: Buffer, compressor: Compressor, flushes: boolean, rounds: number) {
  const source = new CompressSource(new ReusingSource(octets), compressor, flushes, () => {})
  let sink: SlowSink | undefined
  const outcome = await new Promise((done) => {
    sink = new SlowSink(source, rounds, done)
    source.start(sink)
  })
  return { outcome, coded: Buffer.concat(sink?.pieces ?? []) }
}

describe('CompressSource', () => {
  // Half of it cannot be made smaller, so that both ends have to wait.
  const octets = Buffer.concat(
    Array.from({ length: 24 }, (_, i) => Buffer.concat([randomBytes(64_000), Buffer.alloc(64_000, i)])),
  )

  it.each([
    ['at once', 0],
    ['slowly', 4],
  ])('leaves memory alone until it was read, for a client that takes all %s', async (_, rounds) => {
    const all = [true, false].flatMap((flushes) => [
      through(octets, createGzip({ level: 1 }), flushes, rounds).then(({ outcome, coded }) => {
        expect(outcome).toBe('end')
        expect(gunzipSync(coded).equals(octets)).toBe(true)
      }),
      through(octets, createBrotliCompress({ params: { 1: 1 } }), flushes, rounds).then(
        ({ outcome, coded }) => {
          expect(outcome).toBe('end')
          expect(brotliDecompressSync(coded).equals(octets)).toBe(true)
        },
      ),
    ])
    await Promise.all(all)
  })

  it('says that room is there only when nothing waits any more', async () => {
    const compressor = createGzip()
    let waiting = -1
    const resumed = new Promise<void>((done) => {
      const source: OutputSource = {
        start(sink) {
          let open = true
          while (open) open = sink.write(Buffer.alloc(pieceBytes))
        },
        resume() {
          waiting = compressor.writableLength
          done()
        },
        cancel() {},
      }
      new CompressSource(source, compressor, false, () => {}).start({
        write: () => true,
        end() {},
        fail() {},
      })
    })
    await resumed
    expect(waiting).toBe(0)
  })

  it('tells its source when the compressor breaks, once', async () => {
    let cancelled = 0
    const compressor = createGzip()
    const source: OutputSource = { start() {}, resume() {}, cancel: () => void cancelled++ }
    const compressed = new CompressSource(source, compressor, false, () => {})
    const failed = new Promise((done) => {
      compressed.start({ write: () => true, end() {}, fail: ({ code }) => done(code) })
    })
    compressor.destroy(new Error('broken'))
    expect(await failed).toBe('E_INTERNAL')
    compressed.cancel()
    compressed.fail(new PorticoError('E_CLIENT_GONE'))
    expect(cancelled).toBe(1)
  })
})
