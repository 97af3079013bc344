// One HTTP request on a connection of its own, and its answer in parts; for tests that look at status and fields.

import { vi } from 'vitest'
import { rawExchange } from '../../double/socket.ts'

export interface Question {
  readonly method?: string
  readonly host?: string
  /** Whole field lines without their ends, 'Name: value'. */
  readonly fields?: readonly string[]
  readonly body?: string
}

export interface Reply {
  readonly status: number
  /** By lower-case name; the last of a name counts. */
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
}

/** Asks 127.0.0.1; strings are ByteStrings, sent as they are. */
export async function ask(port: number, target: string, question: Question = {}): Promise<Reply> {
  return parseReply(await rawExchange(port, requestText(target, question)))
}

/** A request whose connection closes behind the answer. */
export function requestText(target: string, question: Question = {}): string {
  const { method = 'GET', host = 'localhost', fields = [], body = '' } = question
  const length = body === '' ? [] : [`Content-Length: ${body.length}`]
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...length, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

export function parseReply(text: string): Reply {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status: Number(first.split(' ')[1]), fields: new Map(fields), body: text.slice(end + 4) }
}

const patience = { timeout: 15_000, interval: 20 }

/** Asks again until the check passes, for 15 s at most. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, patience)
}
