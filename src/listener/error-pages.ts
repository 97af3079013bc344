// Pages by status (`errors`) in place of those that Portico makes itself. The status and all other fields stay.

import type { PageFile } from '../handler/page-file.ts'
import type { Answer } from '../http/exchange.ts'
import { withPage } from './with-page.ts'

export class ErrorPages {
  readonly #pages: ReadonlyMap<string, PageFile>

  /** @param pages by '404', or '4xx' for the others of a hundred */
  constructor(pages: ReadonlyMap<string, PageFile>) {
    this.#pages = pages
  }

  /**
   * The answer with the page for its status; the same when there is none, when it cannot be read, or when the answer has no
   * page that another may replace.
   */
  apply(answer: Answer): Answer {
    if (answer.errorPage !== 'replaceable') return answer
    const status = String(answer.status)
    const page = this.#pages.get(status) ?? this.#pages.get(`${status.charAt(0)}xx`)
    const body = page?.body
    return page === undefined || body === undefined ? answer : withPage(answer, page.type, body)
  }
}
