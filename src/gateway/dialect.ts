// What differs between those who answer over the FastCGI wire: an application server, or our launcher in whose place a CGI
// script speaks. One record each; the wire itself is fastcgi.ts.

import { PorticoError } from '../failure.ts'
import type { CgiHead } from '../wire/cgi-response.ts'
import type { ResponseHead } from './gateway.ts'

export interface Dialect {
  readonly name: string
  /** What a head means. */
  head(head: CgiHead): ResponseHead
  /**
   * What an end without a head means, by the application status of FastCGI section 5.5.
   * @param start what came in the place of one, the first octets of it
   */
  withoutHead(appStatus: number, start: string | undefined): PorticoError
}

export const fastcgiDialect: Dialect = {
  name: 'fastcgi',
  head: (head) => head,
  withoutHead: (appStatus, start) =>
    new PorticoError('E_HEAD_MALFORMED', 'The application ended without a head', { appStatus, start }),
}
