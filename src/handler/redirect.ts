// The redirect handler: every request below the mount is sent to one fixed location (RFC 9110 section 15.4).
// Nothing of the request gets into the answer, so there is nothing to inject and no open redirect.

import type { Answer, Exchange } from '../http/exchange.ts'
import type { Handler } from './handler.ts'

export interface RedirectOptions {
  /** A URI or an absolute path, as the configuration has it; sent as it is written. */
  readonly location: string
  /** 301, 302, 303, 307 or 308. */
  readonly status: number
}

/** The octets no URI holds (controls, space, beyond ASCII) percent-encoded; everything else as it is written. */
function encodeLocation(location: string): string {
  return location.replace(/[^\x21-\x7e]+/gu, (text) => {
    return [...Buffer.from(text, 'utf8')]
      .map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('')
  })
}

export class RedirectHandler implements Handler {
  readonly kind = 'redirect'
  readonly #answer: Answer

  constructor(options: RedirectOptions) {
    const fields = Object.freeze(['Location', encodeLocation(options.location)])
    this.#answer = Object.freeze({ status: options.status, fields, body: undefined })
  }

  answer(exchange: Exchange): void {
    exchange.respond(this.#answer)
  }
}
