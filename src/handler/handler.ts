// The contract of handlers: HTTP in, HTTP out. Files, redirects, the adapter to gateways.

import type { Exchange } from '../http/exchange.ts'

/** Where a request landed: the mount and the split of the path, made once by the router. */
export interface Match {
  /** The mount's prefix as configured, '/' for the root. */
  readonly mount: string
  /** SCRIPT_NAME: '' at the root, never with a slash at its end; a ByteString. */
  readonly scriptName: string
  /** PATH_INFO: the rest, '' or starting with a slash; a ByteString. */
  readonly pathInfo: string
  /** The name of a script below its root, for the log. */
  readonly script?: string
  /** Of a script: what the environ says of it beside that. */
  readonly variables?: readonly string[]
  /** Of a script that writes whole messages of HTTP. */
  readonly verbatim?: boolean
}

export interface Handler {
  /** Kind for tables and logs: 'files', 'wsgi', 'redirect', ... */
  readonly kind: string
  /** The only methods it ever answers; undefined when it takes every method. */
  readonly methods?: readonly string[]
  /** Answers by calling respond, pass or fail on the exchange, once, now or later. Never throws. */
  answer(exchange: Exchange, match: Match): void
  /** Frees watchers and descriptors when the configuration goes. */
  close?(): void
}
