// The CGI gateway (RFC 3875): scripts are started by a launcher of ours (python/portico_worker/cgi, or src/launcher where there
// is no Python), which speaks FastCGI in their place, so a call is one of fastcgi.ts. What is theirs alone is here: kinds of
// answers (section 6.2), and how a script ends that did not answer.

import { PorticoError } from '../failure.ts'
import { firstField } from '../http/fields.ts'
import type { CgiHead } from '../wire/cgi-response.ts'
import type { Dialect } from './dialect.ts'
import { fastcgiCalls } from './fastcgi.ts'
import type { ResponseHead } from './gateway.ts'

/** Application statuses of the launcher, as those of timeout(1) and of shells. */
const timeUsedUp = 124
const cannotExecute = 126
const notFound = 127
const signalled = 128

const cgiDialect: Dialect = {
  name: 'cgi',
  peer: 'launcher of scripts',
  keepsConnection: true,
  statusIsVerdict: true,
  head: cgiHead,
  withoutHead: scriptFailure,
}

export const cgiGateway = fastcgiCalls(cgiDialect)

/**
 * A Location alone with a path is a local redirect (section 6.2.2), whose output does not count. With anything beside it, a
 * Status, a cookie, a body, the client is to see it, as with Apache, nginx and lighttpd: a client redirect (sections 6.2.3
 * and 6.2.4), with status 302 where the script gave none.
 */
export function cgiHead(head: CgiHead): ResponseHead {
  if (head.hasStatus) return head
  const location = firstField(head.fields, 'location')
  if (location === undefined) return head
  const isLocal = location.startsWith('/') && !location.startsWith('//')
  if (isLocal && head.fields.length === 2) return { ...head, localRedirect: location }
  return { ...head, status: 302 }
}

const wanted =
  'It has to write fields such as "Content-Type: text/html" first, one a line, and an empty line before anything else'

function scriptFailure(appStatus: number, start: string | undefined): PorticoError {
  if (appStatus === timeUsedUp) return new PorticoError('E_SCRIPT_TIMEOUT')
  if (appStatus === cannotExecute || appStatus === notFound)
    return new PorticoError('E_SCRIPT_NOT_STARTED', undefined, { appStatus })
  if (appStatus > signalled) {
    const what = 'The script was ended by a signal before it had answered'
    return new PorticoError('E_HEAD_MALFORMED', what, { signal: appStatus - signalled, start })
  }
  const how = appStatus === 0 ? 'The script ended' : `The script ended with exit code ${appStatus}`
  const what = start === undefined ? 'without a word' : 'before its head was complete'
  return new PorticoError('E_HEAD_MALFORMED', `${how} ${what}. ${wanted}`, { start })
}
