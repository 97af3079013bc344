// What `portico status` and its like say to a running server, and what it answers: one JSON object a line, in each
// direction; one request a connection. Pure. Both sides may be of different versions: what is not understood is said.

import { parseJsonLine } from '../../process/worker/json-line.ts'

/** Octets of the longest request. */
export const requestBytes = 16 * 1024
/** Octets of the longest line of an answer: a status of many applications, the stacks of many threads. */
export const answerBytes = 8 * 1024 * 1024

export type ControlRequest =
  | { readonly verb: 'status' }
  | { readonly verb: 'ps' }
  /** `of`: id of a request, number of a worker, or pid. */
  | { readonly verb: 'stack'; readonly of: string }
  /** `by`: who wants it, for the log. */
  | { readonly verb: 'kill'; readonly request: string; readonly by: string }
  | LogsRequest
  /** null: the whole server. */
  | { readonly verb: 'reload'; readonly application: string | null }
  | { readonly verb: 'stop'; readonly now: boolean }

export interface LogsRequest {
  readonly verb: 'logs'
  /** The last so many. */
  readonly lines: number
  /** Only what names this request. */
  readonly request: string | null
  /** Goes on with what comes. */
  readonly follow: boolean
}

export type ControlAnswer =
  /** Comes first, unasked. */
  | { readonly kind: 'hello'; readonly version: string; readonly pid: number }
  /** For programs; how it looks to people is the client's affair. */
  | { readonly kind: 'data'; readonly data: unknown }
  /** For stdout. */
  | { readonly kind: 'line'; readonly text: string }
  /** For stderr. */
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'error'; readonly message: string }
  /** Comes last; the exit code that the verb ends with. */
  | { readonly kind: 'end'; readonly exit: number }

export type ParsedRequest =
  | { readonly kind: 'ok'; readonly request: ControlRequest }
  | { readonly kind: 'bad'; readonly message: string }

/** Most lines of a log that may be asked for. */
export const mostLines = 1_000_000
const mostText = 256
const requestId = /^[\w-]{1,64}$/

export function encodeLine(line: ControlRequest | ControlAnswer): string {
  return `${JSON.stringify(line)}\n`
}

export function parseRequest(line: string): ParsedRequest {
  const value = parseJsonLine(line)
  if (value === undefined) return bad(`the request is not a JSON object: "${line.slice(0, 80)}"`)
  switch (value.verb) {
    case 'status':
    case 'ps':
      return ok({ verb: value.verb })
    case 'stack':
      return isText(value.of)
        ? ok({ verb: 'stack', of: value.of })
        : bad(`"of" is missing in a request for stack`)
    case 'kill':
      if (!isId(value.request)) return bad('"request" of kill is not the id of a request')
      return ok({ verb: 'kill', request: value.request, by: isText(value.by) ? value.by : 'unknown' })
    case 'logs':
      return logs(value)
    case 'reload': {
      const { application = null } = value
      if (application !== null && !isText(application)) return bad('"application" of reload is not a name')
      return ok({ verb: 'reload', application })
    }
    case 'stop':
      return ok({ verb: 'stop', now: value.now === true })
    default:
      return bad(`this server does not know the verb ${JSON.stringify(value.verb ?? null).slice(0, 80)}`)
  }
}

/** Undefined for what is no answer. */
export function parseAnswer(line: string): ControlAnswer | undefined {
  const value = parseJsonLine(line)
  switch (value?.kind) {
    case 'hello':
      return { kind: 'hello', version: String(value.version), pid: Number(value.pid) }
    case 'data':
      return { kind: 'data', data: value.data }
    case 'line':
    case 'note':
      return { kind: value.kind, text: String(value.text) }
    case 'error':
      return { kind: 'error', message: String(value.message) }
    case 'end':
      return { kind: 'end', exit: Number(value.exit) }
    default:
      return undefined
  }
}

function logs({ lines = 100, request = null, follow }: Readonly<Record<string, unknown>>): ParsedRequest {
  if (typeof lines !== 'number' || !Number.isInteger(lines) || lines < 0 || lines > mostLines)
    return bad(`"lines" of logs is not a whole number from 0 to ${mostLines}`)
  if (request !== null && !isId(request)) return bad('"request" of logs is not the id of a request')
  return ok({ verb: 'logs', lines, request, follow: follow === true })
}

function ok(request: ControlRequest): ParsedRequest {
  return { kind: 'ok', request }
}

function bad(message: string): ParsedRequest {
  return { kind: 'bad', message }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= mostText
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && requestId.test(value)
}
