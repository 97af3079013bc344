// The adapter from exchanges to gateways: the one place where HTTP becomes an environ and an answer becomes HTTP.
// Keeps the order of admission (DESIGN section 2): body limit, 100 (Continue), spool, queue, slot.

import { bodyTooLarge } from '../gateway/input.ts'
import type { Exchange } from '../http/exchange.ts'
import { GatewayExchange, type GatewayHandlerOptions } from './gateway-exchange.ts'
import type { Handler, Match } from './handler.ts'

export class GatewayHandler implements Handler {
  readonly kind: string
  readonly #options: GatewayHandlerOptions

  constructor(options: GatewayHandlerOptions) {
    this.kind = options.kind
    this.#options = options
  }

  answer(exchange: Exchange, match: Match): void {
    const { bodyLimit } = this.#options
    const length = exchange.input.length
    if (length !== undefined && bodyLimit.bytes > 0 && length > bodyLimit.bytes) {
      exchange.fail(bodyTooLarge(bodyLimit, length))
      return
    }
    const call = new GatewayExchange(this.#options, exchange, match)
    exchange.whenGone = call
    if (length === 0) call.open()
    else if (this.#options.streamInput) call.streamInput()
    else call.takeInput()
  }
}
