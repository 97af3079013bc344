// A bounded load on loopback: so many requests, so many at once, every answer kept. Connections stay open.

import { Agent, request } from 'node:http'

export interface LoadAnswer {
  /** 0 when there was no answer. */
  readonly status: number
  readonly body: string
  /** Code of the failure when there was none. */
  readonly error: string
  readonly ms: number
}

export interface LoadOptions {
  readonly url: string
  readonly requests: number
  readonly connections: number
  /** Path and query of request number `n`. */
  readonly path: (n: number) => string
  /** What request number `n` posts; undefined makes it a GET. */
  readonly body?: (n: number) => string | undefined
  /** Told after every answer. */
  readonly answered?: (count: number) => void
}

/** Sends all requests and resolves to the answers by number. */
export async function load(options: LoadOptions): Promise<LoadAnswer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections })
  const answers: LoadAnswer[] = []
  let next = 0
  let count = 0
  const client = async (): Promise<void> => {
    while (next < options.requests) {
      const n = next++
      answers[n] = await ask(options.url + options.path(n), agent, options.body?.(n))
      options.answered?.(++count)
    }
  }
  await Promise.all(Array.from({ length: options.connections }, client))
  agent.destroy()
  return answers
}

function ask(url: string, agent: Agent, body: string | undefined): Promise<LoadAnswer> {
  const beganMs = performance.now()
  return new Promise((resolve) => {
    const done = (status: number, text: string, error: string): void =>
      resolve({ status, body: text, error, ms: performance.now() - beganMs })
    const sent = request(url, { agent, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      let text = ''
      response.setEncoding('latin1')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => done(response.statusCode ?? 0, text, ''))
      response.on('error', (error: NodeJS.ErrnoException) => done(0, text, error.code ?? ''))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => done(0, '', error.code ?? error.message))
    sent.end(body)
  })
}
