// The receiving end of a gateway: keeps what comes, and notices what comes out of its order.

import type { PorticoError } from '../../src/failure.ts'
import type { Reply, ResponseHead } from '../../src/gateway/gateway.ts'

export class RecordingReply implements Reply {
  answer: ResponseHead | undefined
  readonly pieces: Buffer[] = []
  said = ''
  flushes = 0
  verdict: 'complete' | PorticoError | undefined
  unread: boolean | undefined
  /** What `output` answers. */
  open = true

  get sent(): string {
    return Buffer.concat(this.pieces).toString('latin1')
  }

  /** Of a verdict that is a failure. */
  get code(): string | undefined {
    return this.verdict instanceof Error ? this.verdict.code : this.verdict
  }

  head(head: ResponseHead): void {
    this.#undecided('head')
    if (this.answer !== undefined) throw new Error('a second head')
    this.answer = head
  }

  output(piece: Buffer): boolean {
    this.#undecided('output')
    if (this.answer === undefined) throw new Error('output before the head')
    this.pieces.push(Buffer.from(piece))
    return this.open
  }

  flush(): void {
    this.flushes++
  }

  errors(text: Buffer): void {
    this.#undecided('errors')
    this.said += text.toString('latin1')
  }

  end(): void {
    this.#undecided('end')
    if (this.answer === undefined) throw new Error('an end without a head')
    this.verdict = 'complete'
  }

  fail(failure: PorticoError, unread = false): void {
    this.#undecided('fail')
    this.verdict = failure
    this.unread = unread
  }

  #undecided(what: string): void {
    if (this.verdict !== undefined) throw new Error(`${what} behind the verdict`)
  }
}
