// A bounded load on loopback: so many requests, so many at once, every answer kept. Connections stay open.

import { Agent, get } from 'node:http'

export interface LoadAnswer {
  /** 0 when there was no answer. */
  readonly status: number
  readonly body: string
  /** Code of the failure when there was none. */
  readonly error: string
}

export interface LoadOptions {
  readonly url: string
  readonly requests: number
  readonly connections: number
  /** Path and query of request number `n`. */
  readonly path: (n: number) => string
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
      answers[n] = await ask(options.url + options.path(n), agent)
      options.answered?.(++count)
    }
  }
  await Promise.all(Array.from({ length: options.connections }, client))
  agent.destroy()
  return answers
}

function ask(url: string, agent: Agent): Promise<LoadAnswer> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (response) => {
      let body = ''
      response.setEncoding('latin1')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, error: '' }))
      response.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ status: 0, body, error: error.code ?? '' }),
      )
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, body: '', error: error.code ?? error.message }),
    )
  })
}
