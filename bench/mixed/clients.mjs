// The clients of the mixed load. Each kind is asked again and again, with a pause, until the end; it resolves to '' when all went
// as it should, else to what was wrong. Those that go away in the middle expect nothing.

import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const patienceMs = 30_000
const mib = 1024 * 1024
const pieceOctets = 64 * 1024
const outputOctets = 4 * mib
const idleMs = 10_000
const applications = ['', '/embedded']
const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

export function crc32(bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** Asks, and resolves to status, length and text of the answer, or to `why` there is none. */
function ask(options, write = (asking) => asking.end()) {
  return new Promise((resolve) => {
    const asking = request({ host: '127.0.0.1', ...options }, (response) => {
      const pieces = []
      response.on('data', (piece) => pieces.push(piece))
      response.on('error', (error) => resolve({ why: `${error.code} in the answer` }))
      response.on('end', () => {
        const body = Buffer.concat(pieces)
        resolve({ status: response.statusCode, body, fields: response.headers, why: '' })
      })
    })
    asking.setTimeout(patienceMs, () =>
      asking.destroy(Object.assign(new Error('late'), { code: 'no answer' })),
    )
    asking.on('error', (error) => resolve({ why: error.code }))
    write(asking)
  })
}

function judge({ why, status, body }, wanted, right) {
  if (why !== '') return why
  if (status !== wanted) return String(status)
  return right(body) ? '' : 'wrong body'
}

function between(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1))
}

function either(n) {
  return applications[n % applications.length]
}

/** @param world { port, small, large, bodies: [{ bytes, check }] } */
export function kinds({ port, small, large, bodies }) {
  const body = (n) => bodies[n % bodies.length]
  const sent = ({ bytes, check }) => `${bytes.length} ${check}`
  return [
    {
      name: 'small file',
      clients: 2,
      pauseMs: 20,
      ask: async (_, agent) =>
        judge(await ask({ port, agent, path: '/files/small.txt' }), 200, (got) => got.equals(small)),
    },
    {
      name: 'range of a large file',
      clients: 2,
      pauseMs: 60,
      ask: async (_, agent) => {
        const first = between(0, large.length - 1)
        const last = Math.min(large.length - 1, first + between(0, mib))
        const got = await ask({
          port,
          agent,
          path: '/files/large.bin',
          headers: { Range: `bytes=${first}-${last}` },
        })
        return judge(got, 206, (bytes) => bytes.equals(large.subarray(first, last + 1)))
      },
    },
    {
      name: 'large file',
      clients: 1,
      pauseMs: 500,
      ask: async (_, agent) =>
        judge(await ask({ port, agent, path: '/files/large.bin' }), 200, (got) => got.equals(large)),
    },
    ...applications.map((prefix) => ({
      name: prefix === '' ? 'page, daemon' : 'page, embedded',
      clients: 2,
      pauseMs: 20,
      ask: async (n, agent) =>
        judge(
          await ask({ port, agent, path: `${prefix}/page?${n}` }),
          200,
          (got) => got.toString() === `the page ${n}`,
        ),
    })),
    {
      name: 'output in pieces',
      clients: 1,
      pauseMs: 300,
      ask: async (n, agent) =>
        judge(
          await ask({ port, agent, path: `${either(n)}/output` }),
          200,
          (got) => got.length === outputOctets,
        ),
    },
    {
      name: 'sized upload',
      clients: 1,
      pauseMs: 300,
      ask: async (n, agent) => {
        const { bytes } = body(n)
        const headers = { 'Content-Length': bytes.length }
        const got = await ask(
          { port, agent, method: 'POST', path: `${either(n)}/upload`, headers },
          (asking) => asking.end(bytes),
        )
        return judge(got, 200, (said) => said.toString() === sent(body(n)))
      },
    },
    {
      name: 'chunked upload',
      clients: 1,
      pauseMs: 300,
      ask: async (n, agent) => {
        const { bytes } = body(n)
        const got = await ask({ port, agent, method: 'POST', path: `${either(n)}/upload` }, (asking) => {
          for (let at = 0; at < bytes.length; at += pieceOctets)
            asking.write(bytes.subarray(at, at + pieceOctets))
          asking.end()
        })
        return judge(got, 200, (said) => said.toString() === sent(body(n)))
      },
    },
    {
      name: 'gone in a request',
      clients: 1,
      pauseMs: 150,
      ask: (n) => goneInRequest(port, n, body(n).bytes),
    },
    {
      name: 'gone before the answer',
      clients: 1,
      pauseMs: 150,
      ask: (n) => goneAfter(port, `${either(n)}/slow`, 0),
    },
    {
      name: 'gone in an answer',
      clients: 1,
      pauseMs: 150,
      ask: (n) => goneAfter(port, n % 3 === 2 ? '/files/large.bin' : `${either(n)}/output`, 2 * pieceOctets),
    },
    { name: 'idle connection', clients: 40, pauseMs: 1000, ask: () => idle(port) },
  ]
}

/** Sends a part of a body, sized or chunked, and goes. */
function goneInRequest(port, n, bytes) {
  const framing = n % 4 < 2 ? `Content-Length: ${bytes.length}` : 'Transfer-Encoding: chunked'
  const part = bytes.subarray(0, between(0, bytes.length / 2))
  const start = framing.startsWith('T') ? `${part.length.toString(16)}0\r\n` : ''
  return raw(port, (socket, over) => {
    socket.write(`POST ${either(n)}/upload HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n${start}`)
    socket.write(part, over)
  })
}

/** Asks, takes at least so many octets of the answer, and goes; 0: goes at once. */
function goneAfter(port, path, octets) {
  return raw(port, (socket, over) => {
    let taken = 0
    socket.on('data', (bytes) => {
      taken += bytes.length
      if (octets > 0 && taken >= octets) over()
    })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, () => {
      if (octets === 0) void wait(between(0, 100)).then(over)
    })
  })
}

/** A connection that asks once in a while. */
function idle(port) {
  return raw(port, (socket, over) => {
    socket.write('GET /files/small.txt HTTP/1.1\r\nHost: localhost\r\n\r\n')
    socket.resume()
    void wait(between(idleMs, 2 * idleMs)).then(over)
  })
}

function raw(port, talk) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const late = setTimeout(() => {
      socket.destroy()
      resolve('no end')
    }, patienceMs)
    // The server may close first: an idle connection, or one whose request it refuses.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(late)
      resolve('')
    })
    socket.on('connect', () => talk(socket, () => socket.destroy()))
  })
}

/** Runs all of them until `ended` says so; resolves to the requests by kind. */
export async function runClients(all, ended) {
  const counts = new Map(all.map(({ name }) => [name, { requests: 0, failures: [] }]))
  await Promise.all(
    all.flatMap(({ name, clients, pauseMs, ask: askOnce }) =>
      Array.from({ length: clients }, async (_, client) => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        const count = counts.get(name)
        for (let n = client; !ended(); n++) {
          const why = await askOnce(n, agent)
          count.requests++
          if (why !== '') count.failures.push(why)
          await wait(pauseMs)
        }
        agent.destroy()
      }),
    ),
  )
  return counts
}
