// A Django view that raises: what the client sees and what the log holds, with and without DEBUG.

import { afterEach, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'

const production = `DEBUG = False\nALLOWED_HOSTS = ['*']`
const raised = `KeyError: 'the missing crate'`

describe.skipIf(isMissing('python3-django'))('a Django view that raises', () => {
  let project: DjangoProject | undefined
  afterEach(() => project?.remove())

  async function serve(settings: string): Promise<RunningPortico> {
    project = await DjangoProject.start()
    project.addPages()
    project.set(settings)
    return project.serve()
  }

  it(`shows Django's own page when DEBUG is on, and the traceback is in the log with the request`, async () => {
    const server = await serve('')
    const answer = await fetch(`${server.url}/broken`, { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(500)
    const page = await answer.text()
    expect(page).toContain('KeyError at /broken')
    expect(page).toContain('pages/views.py')
    const log = await logged(server)
    expect(log).toMatch(/application\.(output|errors) .*request=\S+.*Internal Server Error: \/broken/)
    expect(log).toContain('pages/views.py')
  })

  it('shows a request id and nothing of the inside when Django passes it on, and the log tells more', async () => {
    const server = await serve(`${production}\nDEBUG_PROPAGATE_EXCEPTIONS = True`)
    const answer = await fetch(`${server.url}/broken`)
    expect(answer.status).toBe(500)
    const page = await answer.text()
    expect(page).not.toContain('crate')
    const id = /Request id: <code>(\S+)<\/code>/.exec(page)?.[1] ?? 'no id'
    expect(answer.headers.get('x-request-id')).toBe(id)
    const log = await logged(server)
    expect(log).toContain('pages/views.py')
    expect(
      log
        .split('\n')
        .filter((line) => line.includes(`request=${id}`))
        .join('\n'),
    ).toMatch(/request\.failed|application\.errors/)
  })

  it(`shows Django's page for customers when DEBUG is off, and what its loggers write is in the log`, async () => {
    const server = await serve(
      `${production}\nLOGGING = {'version': 1, 'disable_existing_loggers': False,\n` +
        `  'handlers': {'console': {'class': 'logging.StreamHandler'}}, 'root': {'handlers': ['console']}}`,
    )
    const answer = await fetch(`${server.url}/broken`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).toContain('Server Error (500)')
    expect(await logged(server)).toContain('pages/views.py')
  })

  it('goes on with the next request', async () => {
    const server = await serve(production)
    expect((await fetch(`${server.url}/broken`)).status).toBe(500)
    expect((await fetch(`${server.url}/rest`)).status).toBe(200)
  })
})

/** The log, once the traceback is in it. */
function logged(server: RunningPortico): Promise<string> {
  return eventually('the traceback in the log', () =>
    server.stderr().includes(raised) ? server.stderr() : undefined,
  )
}
