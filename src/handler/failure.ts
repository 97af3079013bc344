// From a failure to what the client sees: status, a small page with the request id, and nothing of the inside.
// The one table (STYLE H26); the cause is in the log under the same id.

import { type Facts, type FailureCode, PorticoError } from '../failure.ts'
import type { Answer } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import { reasonPhrase } from '../http/status.ts'
import { pageAnswer } from './page.ts'
import { RevealedFailure, revealingAnswer } from './revealed.ts'

const statuses: Readonly<Record<FailureCode, number>> = {
  E_ENVIRON_TOO_LARGE: 431,
  E_INPUT_TOO_LARGE: 413,
  E_INPUT_CUT_SHORT: 400,
  E_INPUT_MALFORMED: 400,
  E_INPUT_TIMEOUT: 408,
  E_INPUT_UNSIZED: 411,
  E_SPOOL_FULL: 503,
  E_SPOOL_FAILED: 500,
  E_BACKEND_BUSY: 503,
  E_BACKEND_QUEUE_TIMEOUT: 503,
  E_BACKEND_STARTING: 503,
  E_BACKEND_FAILED: 503,
  E_BACKEND_UNREACHABLE: 503,
  E_APPLICATION_NOT_LOADED: 500,
  E_APPLICATION_EXITED: 502,
  E_CONNECTION_LOST: 502,
  E_APPLICATION_RAISED: 500,
  E_HEAD_MALFORMED: 502,
  E_HEAD_TOO_LARGE: 502,
  E_SENDFILE_REFUSED: 502,
  E_SCRIPT_NOT_STARTED: 500,
  E_SCRIPT_TIMEOUT: 504,
  E_LOCAL_REDIRECT: 500,
  E_OUTPUT_CUT_SHORT: 502,
  E_OUTPUT_TIMEOUT: 504,
  E_REQUEST_TIMEOUT: 504,
  E_REQUEST_KILLED: 503,
  E_WIRE_MALFORMED: 502,
  E_REWRITE_ENDLESS: 500,
  E_DESCRIPTORS: 503,
  E_FILE_UNREADABLE: 500,
  E_NOT_FOUND: 404,
  E_METHOD_UNSUPPORTED: 501,
  E_CLIENT_GONE: 499,
  E_INTERNAL: 500,
}

/** Seconds after which a client may try again when the server is short of something. */
const retryAfterSeconds = 5

/** Status that a failure becomes; 499 (client gone) is never sent, only logged. */
export function failureStatus(failure: PorticoError): number {
  return statuses[failure.code]
}

/** The answer for a failure; `head` is that of the request. */
export function failureAnswer(failure: PorticoError, requestId: string, head: RequestHead): Answer {
  const status = failureStatus(failure)
  if (failure instanceof RevealedFailure) return revealingAnswer(failure, status, requestId, head)
  const fields = status === 503 ? ['Retry-After', String(retryAfter(failure))] : []
  return errorAnswer(status, requestId, explain(failure), fields)
}

/** Seconds; what is tried again by and by says when. */
function retryAfter({ facts }: PorticoError): number {
  const { retryMs } = facts
  return typeof retryMs === 'number' && retryMs > 0 ? Math.ceil(retryMs / 1000) : retryAfterSeconds
}

/** A small page for any error status. `explanation` must hold nothing that came from outside. */
export function errorAnswer(
  status: number,
  requestId: string,
  explanation = '',
  fields: readonly string[] = [],
): Answer {
  const title = `${status} ${reasonPhrase(status)}`
  const more = explanation === '' ? '' : `<p>${explanation}</p>\n`
  const text =
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>\n` +
    `<body><h1>${title}</h1>\n${more}<p>Request id: <code>${requestId}</code></p></body></html>\n`
  return { ...pageAnswer({ status, type: 'text/html', text, requestId }, fields), errorPage: 'replaceable' }
}

/** A reason from our own tables as a sentence for the page: never text that came from outside. */
export function sentence(why: string): string {
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`
}

function explain(failure: PorticoError): string {
  switch (failure.code) {
    case 'E_INPUT_TOO_LARGE':
      return tooLarge(failure.facts)
    case 'E_BACKEND_BUSY':
    case 'E_BACKEND_QUEUE_TIMEOUT':
      return 'The application is busy. Please try again in a moment.'
    case 'E_BACKEND_STARTING':
    case 'E_BACKEND_FAILED':
    case 'E_BACKEND_UNREACHABLE':
      return 'The application is not running at the moment.'
    default:
      return ''
  }
}

function tooLarge({ setting, limit }: Facts): string {
  const named = setting === 'body' ? '<code>body</code> of the mount or its site' : '<code>limits.body</code>'
  return `The request body is larger than this server takes (the setting is ${named}: ${limit} octets).`
}

/** Turns whatever was thrown where nothing should be thrown into a failure that can be logged and answered. */
export function asFailure(thrown: unknown): PorticoError {
  if (thrown instanceof PorticoError) return thrown
  return new PorticoError('E_INTERNAL', thrown instanceof Error ? thrown.message : String(thrown), {}, thrown)
}
