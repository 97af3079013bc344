// Bottle, web.py, Pyramid and Falcon as their tutorials write them, found without configuration.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isMissing, Project } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { framings, sendForm } from '../../double/upload.ts'

const fileBytes = 3_000_000

describe.each([
  ['Bottle', 'bottle', 'python3-bottle', 'app:app'],
  ['web.py', 'webpy', 'python3-webpy', 'app:app.wsgifunc()'],
  ['Pyramid', 'pyramid', 'python3-pyramid', 'app:app'],
  ['Falcon', 'falcon', 'python3-falcon', 'app:app'],
])('portico serve beside app.py of %s', (_, fixture, debianPackage, wsgi) => {
  describe.skipIf(isMissing(debianPackage))('with its package', () => {
    let project: Project
    let server: RunningPortico
    beforeAll(async () => {
      project = new Project()
      project.copy(fixture)
      server = await project.serve()
    })
    afterAll(() => project?.remove())

    it('finds the application', () => {
      expect(server.stderr()).toContain(`WSGI: ${wsgi}, because app.py is there`)
    })

    it('knows its own address', async () => {
      const answer = await fetch(`${server.url}/hello/you?a=b`)
      expect(answer.status).toBe(200)
      expect(await answer.text()).toBe(`Hello you at ${server.url}/hello/you?a=b`)
    })

    it.each(framings)('gets a form with a file that is sent %s', async (_kind, chunked) => {
      const { status, received, sent } = await sendForm(`${server.url}/upload`, fileBytes, chunked)
      expect(status).toBe(200)
      expect(received).toEqual(sent)
    })

    it('sends a static file', async () => {
      const answer = await fetch(`${server.url}/assets/style.css`)
      expect(answer.headers.get('content-type')).toMatch(/^text\/css/)
      expect(await answer.text()).toBe('body {\n  margin: 0;\n}\n')
    })

    it('keeps 404 of the application', async () => {
      expect((await fetch(`${server.url}/nowhere`)).status).toBe(404)
    })
  })
})
