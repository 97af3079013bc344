// A directory that was asked for without its slash, whatever answers for it.

import type { Answer, Exchange } from '../http/exchange.ts'
import { encodePath, encodeQuery } from '../http/path.ts'
import type { Match } from './handler.ts'

/**
 * Sends the client to the same path with a slash, so that relative links in what it gets there hold. The location is an
 * absolute path made from the normalised one: no host of the client's in it, and never two slashes at its start.
 */
export function slashAnswer({ query }: Exchange, { scriptName, pathInfo }: Match): Answer {
  const behind = query === '' ? '' : `?${encodeQuery(query)}`
  return {
    status: 301,
    fields: ['Location', `${encodePath(scriptName + pathInfo)}/${behind}`],
    body: undefined,
  }
}
