// `portico serve --reload`: every way to change code, and what answers the next request.

import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askAs, EditedProject, eventCount, noticed } from '../../double/edited-project.ts'
import { eventually } from '../../double/eventually.ts'
import { systemPython } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'

let project: EditedProject
let server: RunningPortico

const application = `from shop.answers import answer

def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if environ['PATH_INFO'] == '/late':
        from shop import late
        return [late.word.encode()]
    return [answer().encode()]
`
const answering = (word: string): string => `def answer():\n    return '${word}'\n`

beforeEach(async () => {
  project = new EditedProject()
  project.write('wsgi.py', application)
  project.write('shop/__init__.py', '')
  project.write('shop/answers.py', answering('one'))
  project.write('shop/late.py', `word = 'early'\n`)
  server = await project.serve('--reload', '--processes', '2')
  // A worker that is still starting would take an edit for what it was started with.
  await eventually('both workers', () => (eventCount(server, 'worker.ready') === 2 ? true : undefined))
})
afterEach(() => project.remove())

const body = async (target = '/'): Promise<string> => (await askAs('program', server, target)).body

describe('the next request sees', () => {
  it.each([
    ['a file written in place', () => project.write('shop/answers.py', answering('two'))],
    [
      'a file that took the place of the old one',
      () => project.writeByRename('shop/answers.py', answering('two')),
    ],
  ])('%s, again and again within one second', async (_, edit) => {
    expect(await body()).toBe('one')
    await noticed(server, edit)
    expect(await body()).toBe('two')
    // As long as the first and within the same second: what Python keeps compiled would look up to date.
    for (const word of ['six', 'ten', 'two', 'one']) {
      await noticed(server, () => project.write('shop/answers.py', answering(word)))
      expect(await body()).toBe(word)
    }
  })

  it('a module that was imported by a request', async () => {
    expect(await body('/late')).toBe('early')
    await noticed(server, () => project.write('shop/late.py', `word = 'later'\n`))
    expect(await body('/late')).toBe('later')
  })

  it('the package that takes the place of a module', async () => {
    await noticed(server, () => {
      project.delete('shop/answers.py')
      project.write('shop/answers/__init__.py', answering('a package'))
    })
    expect(await body()).toBe('a package')
  })

  it('the last of many edits, and starts nothing for those between', async () => {
    await noticed(server, () => {
      for (let i = 0; i < 50; i++) project.write('shop/answers.py', answering(`edit ${i}`))
      project.write('wsgi.py', application)
    })
    expect(await body()).toBe('edit 49')
    expect(server.stderr()).toMatch(/application\.changed .*files=2 \| /)
  })

  it('a touched file, by a new process', async () => {
    const ready = eventCount(server, 'worker.ready')
    await noticed(server, () => project.touch('wsgi.py'))
    expect(await body()).toBe('one')
    expect(eventCount(server, 'worker.ready')).toBeGreaterThan(ready)
  })
})

/** New code that has begun to start and never ends. */
async function hang(): Promise<void> {
  await noticed(server, () =>
    project.write('shop/answers.py', `import time\nopen('hangs', 'w').close()\ntime.sleep(600)\n`),
  )
  await eventually('the start hangs', () => (existsSync(project.path('hangs')) ? true : undefined))
}

describe('a start on outdated code', () => {
  it('is given up for the next edit', async () => {
    await hang()
    await noticed(server, () => project.write('shop/answers.py', answering('quick')))
    expect(await body()).toBe('quick')
    expect(server.stderr()).not.toContain('worker.failed')
  })

  it('that hangs holds requests for ten seconds; then the old code answers', async () => {
    await hang()
    const began = performance.now()
    expect(await body()).toBe('one')
    expect(performance.now() - began).toBeGreaterThan(5000)
    await noticed(server, () => project.write('shop/answers.py', answering('mended')))
    expect(await body()).toBe('mended')
  }, 60_000)

  it('that hangs over startup_time has failed', async () => {
    await server.stop()
    project.write(
      'portico.yaml',
      `applications: { shop: { wsgi: "wsgi:application", python: "${systemPython}", limits: { startup_time: 3s } } }\nmounts: { /: shop }\n`,
    )
    server = await project.serve('--reload', '--processes', '1')
    expect(await body()).toBe('one')
    await hang()
    const page = await askAs('person', server)
    expect(page.status).toBe(503)
    expect(page.body).toMatch(/was not ready within 3 s[\s\S]*answers\.py/)
    expect(await body()).toBe('one')
    await noticed(server, () => project.write('shop/answers.py', answering('mended')))
    expect(await body()).toBe('mended')
  })

  it('lets requests wait that came meanwhile', async () => {
    await hang()
    const waiting = body()
    await noticed(server, () => project.write('shop/answers.py', answering('worth it')))
    expect(await waiting).toBe('worth it')
  })
})

describe('an environment file', () => {
  it('is read again when it changes', async () => {
    project.write('shop.env', 'WORD=written\n')
    project.write('wsgi.py', `import os\n${application.replace('answer()', `os.environ['WORD']`)}`)
    project.write(
      'portico.yaml',
      `applications: { shop: { wsgi: "wsgi:application", python: "${systemPython}", environment_file: shop.env } }\nmounts: { /: shop }\n`,
    )
    server = await project.serve('--reload')
    expect(await body()).toBe('written')
    for (const word of ['rewritten', 'and again']) {
      await noticed(server, () => project.write('shop.env', `WORD=${word}\n`))
      expect(await body()).toBe(word)
    }
    await noticed(server, () => project.write('shop.env', 'no assignment\n'))
    expect(await body()).toBe('and again')
    expect(server.stderr()).toContain('shop.env:1:1')
  })
})

describe('processes', () => {
  it('are as many as before, all with the new code', async () => {
    await noticed(server, () => project.write('shop/answers.py', answering('two')))
    await eventually('two new ones', () => (eventCount(server, 'worker.ready') === 4 ? true : undefined))
    await eventually('no old one', () => (eventCount(server, 'worker.retired') === 2 ? true : undefined))
    expect(await body()).toBe('two')
  })
})
