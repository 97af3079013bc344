// A mount or a site that is closed for a while (`maintenance`): 503 for everybody but the addresses that may look at it.

import { errorAnswer } from '../handler/failure.ts'
import type { PageFile } from '../handler/page-file.ts'
import type { Answer } from '../http/exchange.ts'
import type { AddressList } from './access/access.ts'
import { withPage } from './with-page.ts'

export class Maintenance {
  readonly #allow: AddressList
  readonly #page: PageFile | undefined
  readonly #retryAfter: string

  constructor(allow: AddressList, page: PageFile | undefined, retryAfterSeconds: number) {
    this.#allow = allow
    this.#page = page
    this.#retryAfter = String(retryAfterSeconds)
  }

  /** What a client gets instead of the mount; undefined when it may pass. */
  answer(address: string, requestId: string): Answer | undefined {
    if (this.#allow.has(address)) return undefined
    const fields = ['Retry-After', this.#retryAfter]
    const plain = errorAnswer(
      503,
      requestId,
      'This is closed for maintenance. Please come back later.',
      fields,
    )
    const body = this.#page?.body
    return body === undefined || this.#page === undefined ? plain : withPage(plain, this.#page.type, body)
  }
}
