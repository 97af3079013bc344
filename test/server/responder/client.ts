// One request of a client, whole, over HTTP or HTTPS; the path goes out as it is written.

import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { within } from '../../double/socket.ts'

const answerMs = 30_000

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** In chunks, without a length. */
  readonly chunked?: boolean
  readonly tls?: boolean
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export function ask(
  port: number,
  path: string,
  { method, headers = {}, body, chunked = false, tls = false }: Asking = {},
): Promise<Answered> {
  const length = body === undefined || chunked ? {} : { 'content-length': String(body.length) }
  const options = {
    host: '127.0.0.1',
    port,
    path,
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { host: `localhost:${port}`, ...length, ...headers },
    agent: false as const,
    rejectUnauthorized: false,
  }
  const sent = tls ? httpsRequest(options) : httpRequest(options)
  const answer = new Promise<Answered>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      buffer(response).then(
        (all) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all }),
        reject,
      )
    })
  })
  if (body !== undefined)
    for (let at = 0; at < body.length; at += 65536) sent.write(body.subarray(at, at + 65536))
  sent.end()
  return within(answerMs, answer, `an answer from ${path}`).finally(() => sent.destroy())
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
