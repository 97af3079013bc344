// A Django view that raises: what the client sees and what the log holds, with and without DEBUG.

import { afterEach, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'

const production = `DEBUG = False\nALLOWED_HOSTS = ['*']`
const loggers =
  `LOGGING = {'version': 1, 'disable_existing_loggers': False, 'root': {'handlers': ['console']},\n` +
  `           'handlers': {'console': {'class': 'logging.StreamHandler'}}}`
/** The last line of the traceback, and the file that it leads to. */
const raised = `KeyError: 'the missing crate'`
const place = 'pages/views.py'

describe.skipIf(isMissing('python3-django'))('a Django view that raises', () => {
  let project: DjangoProject | undefined
  afterEach(() => project?.remove())

  async function serve(settings: string): Promise<RunningPortico> {
    project = await DjangoProject.start()
    project.addPages()
    project.set(settings)
    return project.serve()
  }

  it(`shows Django's own page when DEBUG is on, and each line of the traceback is in the log with the request`, async () => {
    const server = await serve('')
    const answer = await fetch(`${server.url}/broken`, { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(500)
    const page = await answer.text()
    expect(page).toContain('KeyError at /broken')
    expect(page).toContain(place)
    expect(page).not.toContain('Request id')
    const last = await logged(server, raised)
    const [, request = 'none'] = /^\S+ warn application\.output .*\brequest=(\S+)/.exec(last) ?? []
    const lines = eventsIn(server).filter((event) => event.includes(`request=${request} `))
    expect(lines[0]).toContain('Internal Server Error: /broken')
    expect(lines.join('\n')).toContain(place)
  })

  it('shows a request id and nothing of the inside when Django lets it through, and the log has the rest under that id', async () => {
    const server = await serve(`${production}\nDEBUG_PROPAGATE_EXCEPTIONS = True`)
    const answer = await fetch(`${server.url}/broken`)
    expect(answer.status).toBe(500)
    const page = await answer.text()
    expect(page).not.toMatch(/crate|KeyError|\.py/)
    const id = /Request id: <code>(\S+)<\/code>/.exec(page)?.[1] ?? 'no id'
    expect(answer.headers.get('x-request-id')).toBe(id)
    const traceback = await logged(server, raised)
    expect(traceback).toContain(`request=${id}`)
    expect(traceback).toContain(place)
    const failure = await logged(server, 'request.failed')
    expect(failure).toContain(`request=${id} status=500 code=E_APPLICATION_RAISED method=GET target=/broken`)
  })

  it(`shows Django's page for visitors when DEBUG is off, and what its loggers write is in the log`, async () => {
    const server = await serve(`${production}\n${loggers}`)
    const answer = await fetch(`${server.url}/broken`)
    expect(answer.status).toBe(500)
    const page = await answer.text()
    expect(page).toContain('Server Error (500)')
    expect(page).not.toContain('crate')
    expect(await logged(server, raised)).toMatch(/application\.output .*\brequest=\S+/)
    expect(server.stderr()).toContain(place)
  })

  it('goes on with the next request', async () => {
    const server = await serve(`${production}\nDEBUG_PROPAGATE_EXCEPTIONS = True`)
    for (const [path, status] of [
      ['/broken', 500],
      ['/rest', 200],
      ['/broken', 500],
      ['/rest', 200],
    ] as const) {
      expect((await fetch(server.url + path)).status).toBe(status)
    }
    expect(server.stderr()).not.toContain('worker.exited')
  })
})

/** The events of the log so far; further lines of one are indented. */
function eventsIn(server: RunningPortico): readonly string[] {
  return server.stderr().split(/\n(?! {4})/)
}

/** The event that holds a text, once it is in the log. */
function logged(server: RunningPortico, text: string): Promise<string> {
  return eventually(`"${text}" in the log`, () => eventsIn(server).find((event) => event.includes(text)))
}
