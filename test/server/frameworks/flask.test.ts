// Flask as its tutorials write it, found without configuration: app.py, a factory in a package, a virtual environment.

import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPage, startBrowser, styleOf } from '../../double/browser.ts'
import { isMissing, Project } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { modes } from './modes.ts'

describe.skipIf(isMissing('python3-flask')).each(modes)(
  'portico serve beside app.py of Flask, $mode',
  ({ serve }) => {
    let project: Project
    let server: RunningPortico
    beforeAll(async () => {
      project = new Project()
      project.copy('flask')
      server = await serve(project)
    })
    afterAll(() => project?.remove())

    it('makes addresses that lead back to the same place', async () => {
      const address = '/where/a%20b/%C3%BC'
      const answer = await fetch(server.url + address)
      expect(await answer.text()).toBe(`${address} ${server.url}${address}`)
    })

    it('sends a static file once, and 304 to who has it', async () => {
      const first = await fetch(`${server.url}/static/style.css`)
      expect(first.headers.get('content-type')).toMatch(/^text\/css/)
      expect(await first.text()).toContain('color: rgb(12, 34, 56)')
      const etag = first.headers.get('etag') ?? ''
      const second = await fetch(`${server.url}/static/style.css`, { headers: { 'if-none-match': etag } })
      expect(second.status).toBe(304)
      expect(await second.text()).toBe('')
    })

    it('keeps 404 and 405 of the application', async () => {
      expect((await fetch(`${server.url}/nowhere`)).status).toBe(404)
      const refused = await fetch(`${server.url}/sign`)
      expect(refused.status).toBe(405)
      expect(refused.headers.get('allow')?.split(', ').sort()).toEqual(['OPTIONS', 'POST'])
    })

    describe.skipIf(isMissing('chromium'))('in a browser', () => {
      let browser: Browser
      beforeAll(async () => {
        browser = await startBrowser()
      })
      afterAll(() => browser?.close())

      it('shows a page with its style, takes a form, and remembers the name in a session cookie', async () => {
        const { page, troubles } = await openPage(browser)
        await page.goto(server.url)
        expect(await styleOf(page, 'h1', 'color')).toBe('rgb(12, 34, 56)')
        await page.fill('input[name=name]', 'Zoë & co')
        await page.click('button')
        expect(await page.textContent('h1')).toBe('Hello, Zoë & co')
        expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['session'])
        await page.reload()
        expect(await page.textContent('h1')).toBe('Hello, Zoë & co')
        expect(troubles).toEqual([])
      })
    })
  },
)

describe.skipIf(isMissing('python3-flask'))('portico serve beside a package with create_app', () => {
  let project: Project
  beforeEach(() => {
    project = new Project()
    project.copy('flask-factory')
  })
  afterEach(() => project.remove())

  it('calls the factory', async () => {
    const server = await project.serve()
    const answer = await fetch(server.url)
    expect(await answer.json()).toMatchObject({ name: 'shop', prefix: '/usr' })
  })

  it.each(['.venv', 'venv'])('runs it with the Python of %s', async (name) => {
    await project.python(['-m', 'venv', '--system-site-packages', '--without-pip', name])
    const server = await project.serve()
    const answer = await fetch(server.url)
    const prefix = join(project.directory, name)
    expect(await answer.json()).toMatchObject({ prefix, executable: join(prefix, 'bin/python3') })
  })
})
