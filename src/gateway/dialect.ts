// What differs between those who answer over the FastCGI wire: a worker of ours, an application server of somebody else's, or
// our launcher in whose place a CGI script speaks. One record each; the wire itself is fastcgi.ts.

import { PorticoError } from '../failure.ts'
import type { CgiHead } from '../wire/cgi-response.ts'
import type { ResponseHead } from './gateway.ts'

export interface Dialect {
  readonly name: string
  /** Who is at the other end, as messages call it. */
  readonly peer: string
  /** What is asked when the first that comes is no record; undefined: that is the peer's own fault. */
  readonly doubt?: string
  /** Whether the peer is asked to leave the connection open behind the call (FCGI_KEEP_CONN, section 5.1). */
  readonly keepsConnection: boolean
  /** An application status other than 0 behind a head says that the output was cut short; else it is only told. */
  readonly statusIsVerdict: boolean
  /** What a head means; undefined: it is an interim one, and the final one follows. */
  head(head: CgiHead): ResponseHead | undefined
  /**
   * What an end without a head means, by the application status of FastCGI section 5.5.
   * @param start what came in the place of one, the first octets of it
   */
  withoutHead(appStatus: number, start: string | undefined): PorticoError
}

export const fastcgiDialect: Dialect = {
  name: 'fastcgi',
  peer: 'worker',
  keepsConnection: true,
  statusIsVerdict: true,
  head: (head) => head,
  withoutHead: (appStatus, start) =>
    new PorticoError('E_HEAD_MALFORMED', 'The application ended without a head', { appStatus, start }),
}
