// The FastCGI gateway to application servers that are not ours: php-fpm, libfcgi, FCGI of Perl, flup. They answer as CGI scripts
// do (RFC 3875 section 6), and some end with an application status that says nothing about the answer, as exit() of PHP.

import { PorticoError } from '../failure.ts'
import { isInterim } from '../http/status.ts'
import { cgiHead } from './cgi.ts'
import type { Dialect } from './dialect.ts'
import { fastcgiCalls } from './fastcgi.ts'
import type { Gateway } from './gateway.ts'
import { protocolDoubt } from './protocol-doubt.ts'
import { hasUnsizedInput, refuseCall, unsizedInput } from './unsized-input.ts'

/**
 * @param keepsConnection the peer is asked to leave connections open behind calls; without it every call ends with
 *   `abandon` of its channel
 */
export function foreignFastcgi(keepsConnection: boolean): Gateway {
  const dialect: Dialect = { ...foreignDialect, keepsConnection }
  const gateway = fastcgiCalls(dialect)
  return {
    name: gateway.name,
    // FastCGI could carry it, but php-fpm and most others read as much as CONTENT_LENGTH says and nothing without it.
    call: (call, channel, reply) =>
      hasUnsizedInput(call)
        ? refuseCall(unsizedInput('FastCGI'), channel, reply)
        : gateway.call(call, channel, reply),
  }
}

const foreignDialect: Omit<Dialect, 'keepsConnection'> = {
  name: 'fastcgi',
  peer: 'FastCGI application server',
  doubt: protocolDoubt('fastcgi'),
  statusIsVerdict: false,
  head: (head) => (isInterim(head.status) ? undefined : cgiHead(head)),
  withoutHead: (appStatus, start) => {
    const what = start === undefined ? 'without an answer' : 'before its head was complete'
    return new PorticoError(
      'E_HEAD_MALFORMED',
      `The FastCGI application server ended the request ${what} (application status ${appStatus})`,
      { appStatus, start },
    )
  },
}
