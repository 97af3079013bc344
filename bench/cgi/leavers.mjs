// Clients that leave whenever they please: before the answer, in the middle of their upload, in the middle of the output.
// Some stay to the end, and their answers are looked at.

import { connect } from 'node:net'

const uploadOctets = 200 * 1024
const pieceOctets = 16 * 1024
const largeOctets = 1024 * 1024
const patienceMs = 60_000

/** `share` of all requests; `stays` of them to the end; the others leave within `ms`. `right`: what a body has to be. */
const kinds = [
  { name: 'C', path: '/cgi-bin/hello', share: 0.3, stays: 0.3, ms: 20, right: hello },
  { name: 'shell', path: '/cgi-bin/hello.sh', share: 0.2, stays: 0.3, ms: 20, right: hello },
  { name: 'Python', path: '/cgi-bin/hello.py', share: 0.2, stays: 0.3, ms: 30, right: hello },
  { name: 'slow', path: '/cgi-bin/slow.sh', share: 0.1, stays: 0, ms: 400, right: hello },
  {
    name: 'large output',
    path: '/cgi-bin/large.sh',
    share: 0.1,
    stays: 0.3,
    ms: 40,
    right: (body) => body.length === largeOctets,
  },
  {
    name: 'upload',
    path: '/cgi-bin/upload.py',
    share: 0.1,
    stays: 0.3,
    ms: 40,
    upload: true,
    right: (body) => body.toString('latin1') === `${uploadOctets}\n`,
  },
]

function hello(body) {
  return body.toString('latin1') === 'Hello, world!\n'
}

function oneKind(random) {
  let at = random
  for (const kind of kinds) {
    if (at < kind.share) return kind
    at -= kind.share
  }
  return kinds[0]
}

/** The content of an answer that ends with its connection; undefined when it is not a whole one with status 200. */
function bodyOf(bytes) {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, Math.max(0, end)).toString('latin1')
  if (!head.startsWith('HTTP/1.1 200')) return undefined
  const body = bytes.subarray(end + 4)
  const length = /^content-length: ([0-9]+)/im.exec(head)?.[1]
  if (length !== undefined) return body.length === Number(length) ? body : undefined
  return /^transfer-encoding: chunked/im.test(head) ? withoutChunks(body) : body
}

function withoutChunks(bytes) {
  const parts = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (size === 0) return Buffer.concat(parts)
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}

/** One request; 'left', 'right', or what was wrong with its answer. */
function visit(port, kind) {
  const leavesAfter = Math.random() < kind.stays ? patienceMs : Math.random() * kind.ms
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const parts = []
    let left = false
    const leave = setTimeout(() => {
      left = true
      // In turn with a FIN and with a reset.
      if (Math.random() < 0.5) socket.destroy()
      else socket.resetAndDestroy()
    }, leavesAfter)
    socket.on('connect', () => {
      const length = kind.upload ? `Content-Length: ${uploadOctets}\r\n` : ''
      const line = `${kind.upload ? 'POST' : 'GET'} ${kind.path} HTTP/1.1`
      socket.write(`${line}\r\nHost: localhost\r\nConnection: close\r\n${length}\r\n`)
      if (kind.upload) upload(socket, uploadOctets)
    })
    socket.on('data', (bytes) => parts.push(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(leave)
      if (left) return resolve(leavesAfter === patienceMs ? 'no answer in time' : 'left')
      const bytes = Buffer.concat(parts)
      const body = bodyOf(bytes)
      if (body !== undefined && kind.right(body)) resolve('right')
      else resolve(bytes.toString('latin1', 0, bytes.indexOf('\r\n')) || 'closed without an answer')
    })
  })
}

/** In pieces with a little time between them, so that somebody can leave there. */
function upload(socket, left) {
  if (left === 0 || socket.destroyed) return
  const octets = Math.min(left, pieceOctets)
  socket.write(Buffer.alloc(octets, 0x61))
  setTimeout(() => upload(socket, left - octets), 2)
}

/** So many requests, `atOnce` at a time; how many of each kind ended in which way. */
export async function visits(port, count, atOnce) {
  const results = new Map(kinds.map(({ name }) => [name, {}]))
  let begun = 0
  const visitor = async () => {
    while (begun < count) {
      begun++
      const kind = oneKind(Math.random())
      const how = await visit(port, kind)
      const result = results.get(kind.name)
      result[how] = (result[how] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, visitor))
  return results
}

/** Every script once to its end, `atOnce` times over: whatever is made at the first request is there afterwards. */
export async function everyOne(port, atOnce) {
  for (const kind of kinds) {
    const staying = { ...kind, stays: 1 }
    const all = await Promise.all(Array.from({ length: atOnce }, () => visit(port, staying)))
    const wrong = all.filter((how) => how !== 'right')
    if (wrong.length > 0) throw new Error(`${kind.name}: ${wrong[0]}`)
  }
}
