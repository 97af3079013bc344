// Large files compressed for many clients at once, fast and slow ones: each gets the octets of its file and no others.

import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'

const config = 'log: { access: off }\ncompress: true\nmounts: { /: { files: public } }\n'
const names = ['a', 'b', 'c', 'd']

/** Several MiB of lines that name their file and themselves. */
function content(name: string): Buffer {
  const lines = Array.from({ length: 150_000 }, (_, i) => `${name} ${i} ${(i * 7919) % 1_000_003}\n`)
  return Buffer.from(lines.join(''))
}

/** Reads a few octets at a time, and rests between them, when it is slow. */
async function download(port: number, name: string, coding: string, isSlow: boolean): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  const pieces: Buffer[] = []
  socket.write(`GET /${name}.txt HTTP/1.0\r\nAccept-Encoding: ${coding}\r\n\r\n`)
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('end', () => resolve())
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece)
      if (!isSlow) return
      socket.pause()
      setTimeout(() => socket.resume(), 2)
    })
  })
  await within(60_000, ended, 'the end of the file')
  const answer = Buffer.concat(pieces)
  const end = answer.indexOf('\r\n\r\n') + 4
  expect(answer.toString('latin1', 0, end)).toContain(`Content-Encoding: ${coding}`)
  return answer.subarray(end)
}

it('sends every client its own file', async () => {
  const contents = new Map(names.map((name) => [name, content(name)]))
  const files = Object.fromEntries(names.map((name) => [`public/${name}.txt`, contents.get(name) ?? '']))
  const server = await startPortico({ config, files })
  const all = names.flatMap((name) =>
    [true, false].flatMap((isSlow) =>
      ['gzip', 'br'].map(async (coding) => {
        const octets = await download(server.port, name, coding, isSlow)
        const decoded = coding === 'br' ? brotliDecompressSync(octets) : gunzipSync(octets)
        expect(decoded.equals(contents.get(name) ?? Buffer.alloc(0)), `${name} ${coding}`).toBe(true)
      }),
    ),
  )
  await Promise.all(all)
}, 90_000)
