// One answered request as a line of the access log: Apache's combined and common formats, or JSON.
// The Apache formats end with ` <request id> <milliseconds>`; escaping is that of Apache's ap_escape_logitem.
// On the hot path: one concatenation, and text is looked at by one regular expression before it is escaped.

import { clfDate, isoDate } from './clf-date.ts'

/** What the access log knows of one request. Texts from the network are ByteStrings, as received. */
export interface AccessEntry {
  /** '' on a unix socket. */
  readonly remoteAddress: string
  /** Name the client is authenticated as; '' for nobody. */
  readonly user: string
  /** When the request came, in ms since 1970. */
  readonly wallMs: number
  /** '' when the request was malformed: the request line is then `-`, as Apache writes it. */
  readonly method: string
  /** Raw request target. */
  readonly target: string
  /** After normalisation; '' when there is none. Decides what is left out. */
  readonly path: string
  /** `1.1`, without the name. */
  readonly version: string
  readonly status: number
  /** Octets of the body that were sent, without head and framing. */
  readonly sentBytes: number
  /** '' when the client sent none. */
  readonly referer: string
  readonly userAgent: string
  /** Unique in this log, printable, no spaces. */
  readonly requestId: string
  /** From the complete head to the last octet, in ms. */
  readonly tookMs: number
  /** Host the request was for; '' for none. */
  readonly host: string
  /** '' when no mount was found. */
  readonly mount: string
  /** '' when no worker was asked. */
  readonly worker: string
}

export type AccessFormat = 'combined' | 'common' | 'json'

/** The function that writes one entry as a line with its newline; choose it once. */
export function accessLineFor(format: AccessFormat): (entry: AccessEntry) => string {
  switch (format) {
    case 'combined':
      return combinedLine
    case 'common':
      return commonLine
    case 'json':
      return jsonLine
    default:
      return format satisfies never
  }
}

function combinedLine(entry: AccessEntry): string {
  return `${start(entry)} "${quoted(entry.referer)}" "${quoted(entry.userAgent)}" ${end(entry)}`
}

function commonLine(entry: AccessEntry): string {
  return `${start(entry)} ${end(entry)}`
}

function start(entry: AccessEntry): string {
  const request =
    entry.method === '' ? '-' : `${escapeItem(`${entry.method} ${entry.target}`)} HTTP/${entry.version}`
  const size = entry.sentBytes === 0 ? '-' : entry.sentBytes
  const who = entry.user === '' ? '-' : escapeItem(entry.user)
  return `${entry.remoteAddress || '-'} - ${who} ${clfDate(entry.wallMs)} "${request}" ${entry.status} ${size}`
}

function end(entry: AccessEntry): string {
  return `${entry.requestId} ${tenths(entry.tookMs)}\n`
}

function jsonLine(entry: AccessEntry): string {
  return (
    `{"time":"${isoDate(entry.wallMs)}","remote_address":${json(entry.remoteAddress)},"user":${json(entry.user)}` +
    `,"host":${json(entry.host)},"method":${json(entry.method)},"target":${json(entry.target)}` +
    `,"version":${json(entry.version)},"status":${entry.status},"sent_bytes":${entry.sentBytes}` +
    `,"referer":${json(entry.referer)},"user_agent":${json(entry.userAgent)}` +
    `,"request_id":${json(entry.requestId)},"took_ms":${tenths(entry.tookMs)}` +
    `,"mount":${json(entry.mount)},"worker":${json(entry.worker)}}\n`
  )
}

/** A decimal with one place, made from whole numbers: writing a fraction costs V8 three times as much. */
function tenths(ms: number): string {
  const count = Math.max(0, Math.round(ms * 10))
  return `${Math.floor(count / 10)}.${count % 10}`
}

function quoted(text: string): string {
  return text === '' ? '-' : escapeItem(text)
}

const needsEscape = /[^\x20\x21\x23-\x5b\x5d-\x7e]/
const shortEscapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

function escapeItem(text: string): string {
  return needsEscape.test(text) ? text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, itemEscape) : text
}

function itemEscape(character: string): string {
  const short = shortEscapes[character]
  if (short !== undefined) return short
  // A ByteString has no code unit above 0xFF; a text that is not one is shown as its UTF-8 octets.
  const octets = Buffer.from(character, character <= '\xff' ? 'latin1' : 'utf8')
  let escaped = ''
  for (const octet of octets) escaped += `\\x${octet < 16 ? '0' : ''}${octet.toString(16)}`
  return escaped
}

/** A JSON string in ASCII; one octet of a ByteString is one character. */
function json(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
