// What an environ says of a script (RFC 3875 sections 4.1.5, 4.1.6, 4.1.13, and what Apache adds and programs rely on).

import type { Exchange } from '../../http/exchange.ts'
import type { Match } from '../handler.ts'

/** @param file its absolute path. @param documentRoot where PATH_TRANSLATED begins, without a slash; ByteStrings both */
export function scriptMatch(exchange: Exchange, match: Match, file: string, documentRoot: string): Match {
  const { peer } = exchange
  // biome-ignore format: pairs
  const variables = [
    'SCRIPT_FILENAME', file,
    'DOCUMENT_ROOT', documentRoot,
    'SERVER_ADDR', peer.localAddress,
    'REMOTE_HOST', peer.remoteAddress,
    // php-cgi refuses to run without it.
    'REDIRECT_STATUS', '200',
  ]
  if (match.pathInfo !== '') variables.push('PATH_TRANSLATED', documentRoot + match.pathInfo)
  return {
    ...match,
    script: file.slice(file.lastIndexOf('/') + 1),
    variables,
  }
}
