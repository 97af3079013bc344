// `portico serve --reload` with code that fails: old code keeps answering, people see why, the next edit is tried at once.

import { afterEach, describe, expect, it } from 'vitest'
import { askAs, EditedProject, eventCount, noticed } from '../../double/edited-project.ts'
import { eventually } from '../../double/eventually.ts'
import type { RunningPortico } from '../../double/server.ts'

let project: EditedProject | undefined
afterEach(() => project?.remove())

const sound = (word: string): string =>
  `def application(environ, start_response):
    if environ['PATH_INFO'] == '/raises':
        raise LookupError('<script>no & no</script>')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'${word}']
`

async function serve(text: string, ...flags: string[]): Promise<RunningPortico> {
  project = new EditedProject()
  project.write('wsgi.py', text)
  return project.serve('--processes', '1', ...flags)
}

function failures(server: RunningPortico, count: number): Promise<true> {
  return eventually(`${count} failed starts`, () =>
    eventCount(server, 'worker.failed') >= count ? true : undefined,
  )
}

describe('new code that fails', () => {
  it.each([
    ['a syntax error', `def application(:\n`, /wsgi\.py:1\b/, 'SyntaxError'],
    ['an exception', `\n\nraise ValueError('not today')\n`, /wsgi\.py:3\b/, 'ValueError: not today'],
    ['sys.exit', `import sys\nsys.exit('enough')\n`, /wsgi\.py:2\b/, 'SystemExit'],
    ['an end without a word', `import os\nos._exit(7)\n`, /exited with code 7/, 'exited with code 7'],
  ])('%s: people see it, scripts get old code, and the next edit works', async (_, broken, place, what) => {
    const server = await serve(sound('one'), '--reload')
    await noticed(server, () => project?.write('wsgi.py', broken))
    await failures(server, 1)
    const page = await askAs('person', server)
    expect(page.status).toBe(503)
    expect(page.fields.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.body).toMatch(place)
    expect(page.body).toContain(what)
    expect(page.body).toContain('wsgi.py changed; the new code fails, the old code keeps answering')
    for (const who of ['script', 'program'] as const)
      expect(await askAs(who, server)).toMatchObject({ status: 200, body: 'one' })
    expect(server.stderr().match(/wsgi\.py changed; the new code fails/g)).toHaveLength(1)
    expect(server.stderr()).toContain(what)

    await noticed(server, () => project?.write('wsgi.py', sound('two')))
    for (const who of ['person', 'program', 'script'] as const)
      expect(await askAs(who, server)).toMatchObject({ status: 200, body: 'two' })
  })

  it('that misses a module works when the module appears', async () => {
    const server = await serve(sound('one'), '--reload')
    await noticed(server, () => project?.write('wsgi.py', `from words import application\n`))
    await failures(server, 1)
    expect((await askAs('person', server)).body).toContain('words')
    await noticed(server, () => project?.write('words.py', sound('three')))
    expect((await askAs('person', server)).body).toBe('three')
  })

  it('is not started again unless something changes', async () => {
    const server = await serve(sound('one'), '--reload')
    await noticed(server, () => project?.write('wsgi.py', 'broken (\n'))
    await failures(server, 1)
    expect(server.stderr()).toMatch(/worker\.failed (?!.*retryMs)/)
    for (const text of ['still broken (\n', 'and still (\n', 'and again (\n']) {
      const before = eventCount(server, 'worker.failed')
      await noticed(server, () => project?.write('wsgi.py', text))
      await failures(server, before + 1)
    }
    expect(eventCount(server, 'worker.failed')).toBe(4)
    await noticed(server, () => project?.write('wsgi.py', sound('at last')))
    expect((await askAs('person', server)).body).toBe('at last')
  })
})

describe('code that fails at the first start', () => {
  it('is shown to everybody, and an edit mends it without waiting for another try', async () => {
    const server = await serve(`import this_is_nowhere\n${sound('one')}`, '--reload')
    const page = await askAs('person', server)
    expect(page.status).toBe(503)
    expect(page.body).toContain('this_is_nowhere')
    expect(page.body).toMatch(/wsgi\.py:1\b/)
    const text = await askAs('program', server)
    expect(text.status).toBe(503)
    expect(text.fields.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(text.body).toContain('this_is_nowhere')
    expect(text.body).toContain(`Request id: ${text.fields.get('x-request-id')}`)
    await noticed(server, () => project?.write('wsgi.py', sound('one')))
    expect(await askAs('program', server)).toMatchObject({ status: 200, body: 'one' })
  })
})

describe('an exception in a request', () => {
  it('is shown with its traceback, as HTML that holds nothing of the message, or as text', async () => {
    const server = await serve(sound('one'), '--reload')
    const page = await askAs('person', server, '/raises')
    expect(page.status).toBe(500)
    expect(page.body).toContain('LookupError: &lt;script&gt;no &amp; no&lt;/script&gt;')
    expect(page.body).not.toContain('<script>')
    expect(page.body).toMatch(/wsgi\.py:3\b/)
    expect(page.body).toContain(page.fields.get('x-request-id') ?? 'no id')
    const text = await askAs('program', server, '/raises')
    expect(text.fields.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(text.body).toContain('LookupError: <script>no & no</script>')
  })
})

describe('without --reload', () => {
  it('no page shows a traceback and no edit changes anything', async () => {
    const server = await serve(sound('one'))
    for (const who of ['person', 'program'] as const) {
      const page = await askAs(who, server, '/raises')
      expect(page.status).toBe(500)
      expect(page.body).not.toMatch(/LookupError|script|wsgi|Traceback/)
    }
    project?.write('wsgi.py', 'broken (\n')
    expect((await askAs('person', server)).body).toBe('one')
    expect(eventCount(server, 'application.changed')).toBe(0)
  })

  it('a failure to start shows none either', async () => {
    const server = await serve(`raise ValueError('secret')\n${sound('one')}`)
    const page = await askAs('person', server)
    expect(page.status).toBe(503)
    expect(page.body).not.toMatch(/ValueError|secret|wsgi/)
  })
})
