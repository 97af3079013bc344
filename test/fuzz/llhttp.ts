// How llhttp reads octets: the parser of Node's own HTTP server, driven as node:http drives it.

import { METHODS } from 'node:http'
import { createRequire } from 'node:module'
import type { Message, Reading } from '../http1/reading.ts'

interface Parser {
  initialize(type: number, resource: object, maxHeaderBytes: number, lenient: number): void
  execute(octets: Buffer): number | (Error & { readonly code: string; readonly reason: string })
  [callback: number]: (...args: never[]) => unknown
}

interface ParserClass {
  new (): Parser
  readonly REQUEST: number
  readonly kOnHeaders: number
  readonly kOnHeadersComplete: number
  readonly kOnBody: number
  readonly kOnMessageComplete: number
}

// Not public, and the only way to it without a socket; vitest must not try to resolve it.
const { HTTPParser } = createRequire(import.meta.url)('node:_http_common') as { HTTPParser: ParserClass }

/** Beyond what any input has: sizes are not what is compared. */
const maxHeaderBytes = 1 << 20
const strict = 0
const resource = {}
const dataBehind = 'Data after `Connection: close`'
const parser = new HTTPParser()

let reading: Reading
let message: Message | undefined
let fieldsBefore: string[] = []
let targetBefore = ''
let keepsAlive = true
let method = (number: number): string => String(number)

parser[HTTPParser.kOnHeaders] = (fields: string[], target: string) => {
  fieldsBefore.push(...fields)
  targetBefore += target
}
parser[HTTPParser.kOnHeadersComplete] = (
  _major: number,
  _minor: number,
  fields: string[] | undefined,
  methodNumber: number,
  target: string | undefined,
  _status: unknown,
  _statusText: unknown,
  _upgrade: boolean,
  shouldKeepAlive: boolean,
) => {
  message = {
    method: method(methodNumber),
    target: targetBefore + (target ?? ''),
    fields: fields ?? fieldsBefore,
    body: '',
    complete: false,
  }
  fieldsBefore = []
  targetBefore = ''
  keepsAlive = shouldKeepAlive && message.method !== 'CONNECT'
  reading.messages.push(message)
  return 0
}
parser[HTTPParser.kOnBody] = (octets: Buffer) => {
  if (message !== undefined) message.body += octets.toString('latin1')
}
parser[HTTPParser.kOnMessageComplete] = () => {
  // Trailers came the same way, with the target once more.
  fieldsBefore = []
  targetBefore = ''
  if (message !== undefined) message.complete = true
}

export function readTheirs(octets: Buffer): Reading {
  reading = { messages: [], end: 'open', why: '' }
  let rest = octets
  while (rest.length > 0) {
    startParser()
    const result = parser.execute(rest)
    if (typeof result !== 'number') {
      // It says that something comes behind the end that one of the two asked for; that is where we stop, too.
      end(result.code === 'HPE_CLOSED_CONNECTION' ? 'closed' : 'refused', result.reason)
      break
    }
    rest = rest.subarray(result)
    if (rest.length === 0) break
    // It pauses behind a request that asks for an upgrade, as which it counts CONNECT. Nobody takes the connection over
    // here, so it goes on behind that, as it would from the start. A fault in such a request has no reason of its own.
    if (message?.complete !== true) end('refused', 'a fault in a request that asks for an upgrade')
    else if (!keepsAlive) end('closed', dataBehind)
    if (reading.end !== 'open') break
  }
  return reading
}

function startParser(): void {
  message = undefined
  fieldsBefore = []
  targetBefore = ''
  keepsAlive = true
  parser.initialize(HTTPParser.REQUEST, resource, maxHeaderBytes, strict)
}

function end(kind: Reading['end'], why: string): void {
  reading.end = kind
  reading.why = why
}

// It names methods by number; which is which, it tells by reading one of each.
const names = new Map<string, string>()
for (const name of METHODS) {
  const target = name === 'CONNECT' ? 'a:1' : '/'
  const number = readTheirs(Buffer.from(`${name} ${target} HTTP/1.1\r\n\r\n`)).messages[0]?.method
  if (number !== undefined) names.set(number, name)
}
method = (number) => names.get(String(number)) ?? String(number)
