// --reload (development): stands before an application while its code changes. Requests wait for new code that is
// being started; while the code on disk fails, who looks at a page sees why.

import type { Cancellable, Exchange } from '../http/exchange.ts'
import type { CodeState } from '../process/messages.ts'
import type { Handler, Match } from './handler.ts'
import { isNavigation, RevealedFailure } from './revealed.ts'

/** Requests that wait for new code; more than these are let through to what there is. */
const mostWaiting = 1000

/** The state of the code of one application, and the requests that wait for it to be known. */
export class CodeGate {
  #code: CodeState = { kind: 'awaited' }
  readonly #waiting = new Set<Waiting>()

  /** The supervisor says how the code stands now. */
  update(code: CodeState): void {
    this.#code = code
    if (code.kind === 'awaited') return
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting)
      waiting.go(this)
    }
  }

  pass(handler: Handler, exchange: Exchange, match: Match): void {
    const code = this.#code
    if (code.kind === 'failed' && (!code.oldAnswers || isNavigation(exchange.head))) {
      exchange.fail(new RevealedFailure('E_BACKEND_FAILED', code.story))
    } else if (code.kind === 'awaited' && this.#waiting.size < mostWaiting) {
      const waiting = new Waiting(handler, exchange, match, this.#waiting)
      this.#waiting.add(waiting)
      exchange.whenGone = waiting
    } else handler.answer(exchange, match)
  }
}

class Waiting implements Cancellable {
  readonly stage = 'waiting for new code'
  readonly #handler: Handler
  readonly #exchange: Exchange
  readonly #match: Match
  readonly #all: Set<Waiting>

  constructor(handler: Handler, exchange: Exchange, match: Match, all: Set<Waiting>) {
    this.#handler = handler
    this.#exchange = exchange
    this.#match = match
    this.#all = all
  }

  go(gate: CodeGate): void {
    this.#exchange.whenGone = undefined
    gate.pass(this.#handler, this.#exchange, this.#match)
  }

  cancel(): void {
    this.#all.delete(this)
  }
}

export class NewCodeHandler implements Handler {
  readonly kind: string
  readonly #gate: CodeGate
  readonly #handler: Handler

  constructor(gate: CodeGate, handler: Handler) {
    this.kind = handler.kind
    this.#gate = gate
    this.#handler = handler
  }

  answer(exchange: Exchange, match: Match): void {
    this.#gate.pass(this.#handler, exchange, match)
  }

  close(): void {
    this.#handler.close?.()
  }
}
