// Listening on a unix socket: it answers, it is taken over from a dead server, never from a living one, and it goes.

import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { eventually } from './ask.ts'
import { portico, scratch } from './command.ts'

const site = { 'index.html': 'by socket' }

async function getBy(socketPath: string): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    const sent = request({ socketPath, path: '/', agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject).end()
  })
  return within(10_000, answer, `an answer from ${socketPath}`)
}

/** Starts on the socket and on a port, since what startPortico waits for is a port. */
async function startOn(socket: string) {
  return startPortico({ files: site, args: ['--listen', `unix:${socket}`] })
}

it('answers on it, lets every user connect, and removes it at the end', async () => {
  const socket = join(scratch(), 'http.sock')
  const server = await startOn(socket)
  expect(await getBy(socket)).toBe('by socket')
  expect(statSync(socket).mode & 0o777).toBe(0o666)
  expect(server.stderr()).toContain(`\nlisten   unix:${socket}\n`)
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(existsSync(socket)).toBe(false)
})

it('takes the place of a server that was killed', async () => {
  const socket = join(scratch(), 'http.sock')
  const first = await startOn(socket)
  first.kill('SIGKILL')
  await first.exit
  expect(existsSync(socket)).toBe(true)
  // Its HTTP process sees that it is alone and ends; until then the socket is in use.
  await eventually(() => expect(getBy(socket)).rejects.toMatchObject({ code: 'ECONNREFUSED' }))
  const second = await startOn(socket)
  expect(await getBy(socket)).toBe('by socket')
  await second.stop()
})

it('leaves a socket alone on which somebody answers, and names him', async () => {
  const socket = join(scratch(), 'http.sock')
  const server = createServer().listen(socket)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { code, stderr } = await portico(['serve', scratch(site), '--listen', `unix:${socket}`])
  expect(stderr).toMatch(
    new RegExp(`"unix:${socket}": process ${process.pid} \\(.+\\) listens there\n  Stop it, or .+\n$`),
  )
  expect({ code, there: existsSync(socket) }).toEqual({ code: 1, there: true })
})

it('leaves a file alone that is no socket', async () => {
  const file = join(scratch(), 'http.sock')
  writeFileSync(file, 'precious')
  const { code, stderr } = await portico(['serve', scratch(site), '--listen', `unix:${file}`])
  expect(stderr).toContain(`Cannot listen on "unix:${file}": it exists and is not a socket\n  Remove it if`)
  expect({ code, there: existsSync(file) }).toEqual({ code: 1, there: true })
})
