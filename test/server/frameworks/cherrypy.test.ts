// A CherryPy program that would start its own server, found and served without configuration.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PieceReader } from '../../double/pieces.ts'
import { isMissing, Project } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { modes } from './modes.ts'

describe.skipIf(isMissing('python3-cherrypy3')).each(modes)(
  'portico serve beside a CherryPy program, $mode',
  ({ mode, serve }) => {
    let project: Project
    let server: RunningPortico
    beforeAll(async () => {
      project = new Project()
      project.copy('cherrypy')
      server = await serve(project)
    })
    afterAll(() => project?.remove())

    it('shows its page', async () => {
      const answer = await fetch(server.url)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
      expect(await answer.text()).toBe('<h1>A CherryPy page</h1>')
    })

    it('gets the fields of a form', async () => {
      const body = new URLSearchParams({ crate: 'Äpfel & pears', count: '3' })
      const answer = await fetch(`${server.url}/order`, { method: 'POST', body })
      expect(await answer.text()).toBe('POST: 3 of Äpfel & pears')
    })

    it('gets the fields of a query', async () => {
      const answer = await fetch(`${server.url}/order?crate=nuts`)
      expect(await answer.text()).toBe('GET: 1 of nuts')
    })

    it('keeps a session in its memory', async () => {
      const first = await fetch(`${server.url}/visits`)
      expect(await first.text()).toBe('1')
      const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
      for (const count of ['2', '3']) {
        expect(await (await fetch(`${server.url}/visits`, { headers: { cookie } })).text()).toBe(count)
      }
    })

    it('sends the first piece of a streamed answer before the last is made', async () => {
      const pieces = new PieceReader(await fetch(`${server.url}/pieces`))
      expect(await pieces.until('\n')).toBe('first\n')
      expect(await (await fetch(`${server.url}/rest`)).text()).toBe('on its way')
      expect(await pieces.whole()).toBe('first\nlast\n')
    })

    it('ends with 0 on SIGTERM', async () => {
      expect(await server.stop()).toEqual({ code: 0, signal: null })
      expect(server.stderr()).toContain(mode === 'daemon' ? 'worker.retired' : 'server.stopped')
      expect(server.stderr()).not.toContain('worker.killed')
    })
  },
)
