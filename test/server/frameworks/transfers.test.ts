// Files and streams through Flask and CherryPy as they are: downloads whole and in parts, uploads, and generators
// that are closed when the client goes.

import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PieceReader } from '../../double/pieces.ts'
import { isMissing, Project } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { framings, randomFile, sendForm } from '../../double/upload.ts'

const uploadBytes = 30_000_000
const streamMs = 30_000
const crate = randomFile(3_000_000)

describe.each([
  ['Flask', 'flask-transfers', 'python3-flask'],
  ['CherryPy', 'cherrypy-files', 'python3-cherrypy3'],
])('files and streams of %s', (name, fixture, debianPackage) => {
  describe.skipIf(isMissing(debianPackage))('with its package', () => {
    let project: Project
    let server: RunningPortico
    beforeAll(async () => {
      project = new Project()
      project.copy(fixture)
      writeFileSync(join(project.directory, 'crate.bin'), crate.bytes)
      // One process, so that one request can tell about another one.
      server = await project.serve('--processes', '1')
    })
    afterAll(() => project?.remove())

    it('sends a file whole, with its length', async () => {
      const answer = await fetch(`${server.url}/file`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-length')).toBe(String(crate.bytes.length))
      expect(Buffer.from(await answer.arrayBuffer()).equals(crate.bytes)).toBe(true)
    })

    it('sends a part of a file', async () => {
      const answer = await fetch(`${server.url}/file`, { headers: { range: 'bytes=1000000-1999999' } })
      expect(answer.status).toBe(206)
      expect(answer.headers.get('content-range')).toBe(`bytes 1000000-1999999/${crate.bytes.length}`)
      const part = Buffer.from(await answer.arrayBuffer())
      expect(part.equals(crate.bytes.subarray(1_000_000, 2_000_000))).toBe(true)
    })

    it('sends nothing again to who has it', async () => {
      const first = await fetch(`${server.url}/file`, { method: 'HEAD' })
      const since = first.headers.get('last-modified') ?? ''
      const answer = await fetch(`${server.url}/file`, { headers: { 'if-modified-since': since } })
      expect(answer.status).toBe(304)
      expect(await answer.text()).toBe('')
    })

    it.each(framings)('gets a form with a file of 30 MB that is sent %s', async (_kind, chunked) => {
      const { status, received, sent } = await sendForm(`${server.url}/upload`, uploadBytes, chunked)
      expect(status).toBe(200)
      expect(received).toEqual(sent)
    })

    it('closes a generator when the client has gone', async () => {
      const pieces = new AbortController()
      const answer = await fetch(`${server.url}/endless`, { signal: pieces.signal })
      const first = await answer.body?.getReader().read()
      expect(first?.value?.length).toBeGreaterThan(0)
      pieces.abort()
      expect(await (await fetch(`${server.url}/closed`)).text()).toBe('closed')
    })

    if (name === 'CherryPy') {
      it('sends a file object', async () => {
        expect(await (await fetch(`${server.url}/object`)).text()).toBe('from memory')
      })

      return
    }

    it('streams an answer that knows its request', async () => {
      const pieces = new PieceReader(await fetch(`${server.url}/pieces`))
      expect(await pieces.until('\n')).toBe('/pieces\n')
      expect(await (await fetch(`${server.url}/rest`)).text()).toBe('on its way')
      expect(await pieces.whole()).toBe('/pieces\nlast\n')
    })

    it.each([
      ['with its length', { 'content-length': String(uploadBytes) }],
      ['in chunks', { 'transfer-encoding': 'chunked' }],
    ])('reads a body of 30 MB from request.stream that is sent %s', async (_, headers) => {
      const file = randomFile(uploadBytes)
      const sent = request(`${server.url}/stream`, { method: 'POST', headers })
      const answer = new Promise<string>((resolve, reject) => {
        sent.on('error', reject)
        sent.on('response', (response) => void text(response).then(resolve, reject))
      })
      sent.end(file.bytes)
      const said = JSON.parse(await within(streamMs, answer, 'an answer to the stream'))
      expect(said).toMatchObject({ sha256: file.sha256, size: uploadBytes })
      expect(said.longest).toBeLessThanOrEqual(65536)
    })
  })
})
