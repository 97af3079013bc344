// Whole small calls take another way than the rest (decision 008): whichever way, each client gets its own answer.

import { expect } from 'vitest'
import { rawExchange } from '../../double/socket.ts'
import { ask, eventually } from '../cli/ask.ts'
import { it, startEmbedded } from './embedded.ts'

const host = 'Host: localhost\r\nConnection: close\r\n'
const clients = 24
const rounds = 12

/** What a client sends, and what the body of its answer is. */
const ways: readonly ((token: string) => readonly [string, string])[] = [
  (token) => [`GET /small?${token} HTTP/1.1\r\n${host}\r\n`, `${token} `],
  (token) => [`GET /small?${token} HTTP/1.1\r\n${host}X-Long: ${'x'.repeat(17_000)}\r\n\r\n`, `${token} `],
  (token) => [`HEAD /small?${token} HTTP/1.1\r\n${host}\r\n`, ''],
  (token) => [`GET /pieces?${token} HTTP/1.0\r\n${host}\r\n`, `${token} in pieces`],
  (token) => [`GET /large?${token} HTTP/1.1\r\n${host}\r\n`, repeated(token, 100_000)],
  (token) => [`GET /edge?${token} HTTP/1.1\r\n${host}\r\n`, repeated(token, 66_000)],
  (token) => [`GET /slow?${token} HTTP/1.1\r\n${host}\r\n`, `${token} `],
  (token) => [`GET /errors?${token} HTTP/1.1\r\n${host}\r\n`, `${token} `],
  (token) => [`GET /says?${token} HTTP/1.1\r\n${host}\r\n`, `${token} `],
  (token) => [`POST /small?${token} HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`, `${token} hello`],
  (token) => {
    const body = 'b'.repeat(50_000)
    return [
      `POST /small?${token} HTTP/1.1\r\n${host}Content-Length: 50000\r\n\r\n${body}`,
      `${token} ${body}`,
    ]
  },
]

function repeated(token: string, octets: number): string {
  return token.repeat(Math.floor(octets / token.length))
}

it('gives each client its own answer, whichever way that takes', async () => {
  const server = await startEmbedded({ modules: ['mixed'], settings: 'threads: 4' })
  const wrong: string[] = []
  const lines: string[] = []
  const client = async (number: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const token = `token-${number}-${round}`
      const [request, body] = (ways[(number + round) % ways.length] as (typeof ways)[number])(token)
      const answer = await rawExchange(server.port, request)
      const [head = '', got] = answer.split('\r\n\r\n', 2)
      if (!head.startsWith('HTTP/1.1 200 ') || !head.includes(`X-Token: ${token}`) || got !== body) {
        wrong.push(`${request.slice(0, 40)}: ${answer.slice(0, 200)}`)
      }
      if (request.includes(' /errors?')) lines.push(`errors of ${token}`)
      if (request.includes(' /says?')) lines.push(`said by ${token}`)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  expect(wrong).toEqual([])
  await eventually(() => {
    const written = server.stderr()
    for (const line of lines) expect(written).toContain(line)
  })
})

it('lets nobody wait behind one that takes long', async () => {
  const server = await startEmbedded({ modules: ['talks'], settings: 'threads: 4' })
  expect((await ask(server.port, '/')).body).toBe('talks')
  const gates = ['talks']
  const slow = ask(server.port, '/sleep').then(({ body }) => gates.push(body))
  for (let i = 0; i < 10; i++) gates.push((await ask(server.port, '/')).body)
  // All ten were answered while the first one slept.
  expect(gates).toEqual(Array(11).fill('talks'))
  await slow
})

it('reports a request that raises, and one whose answer is given up, as in daemon mode', async () => {
  const server = await startEmbedded({ modules: ['mixed'], settings: 'threads: 2' })
  const { status } = await ask(server.port, '/raises?the-token')
  expect(status).toBe(500)
  await eventually(() => expect(server.stderr()).toContain('RuntimeError: the-token'))
  expect((await ask(server.port, '/small?next')).body).toBe('next ')
})
