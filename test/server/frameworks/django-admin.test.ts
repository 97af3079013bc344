// A fresh Django project and its admin site in a browser, served without a line of configuration.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openPage, startBrowser, styleOf, type WatchedPage } from '../../double/browser.ts'
import { DjangoProject } from '../../double/django.ts'
import { isMissing } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { modes } from './modes.ts'

/** The header of Django's admin site. */
const headerColour = 'rgb(65, 118, 144)'

describe.skipIf(isMissing('python3-django', 'chromium'))('portico serve in a Django project', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  async function open(url: string): Promise<WatchedPage> {
    const watched = await openPage(browser)
    onTestFinished(() => watched.page.close())
    await watched.page.goto(url)
    return watched
  }

  describe.each(modes)('that is fresh, with DEBUG on and nothing collected, $mode', ({ serve }) => {
    let project: DjangoProject
    let server: RunningPortico
    beforeAll(async () => {
      project = await DjangoProject.start()
      await project.createAccount()
      server = await serve(project)
    })
    afterAll(() => project?.remove())

    it('shows the log-in page of the admin site with its style', async () => {
      const { page, troubles } = await open(`${server.url}/admin/`)
      expect(new URL(page.url()).pathname).toBe('/admin/login/')
      expect(await styleOf(page, '#header', 'background-color')).toBe(headerColour)
      expect(troubles).toEqual([])
    })

    it('logs in through the form, shows the index with its style, and logs out', async () => {
      const { page, troubles } = await open(`${server.url}/admin/`)
      await page.fill('#id_username', project.name)
      await page.fill('#id_password', project.password)
      await page.click('input[type=submit]')
      await page.waitForURL(`${server.url}/admin/`)
      expect(await page.textContent('#user-tools')).toContain(project.name)
      expect(await page.textContent('.app-auth')).toContain('Users')
      expect(await styleOf(page, '#header', 'background-color')).toBe(headerColour)
      const cookies = await page.context().cookies()
      expect(cookies.map(({ name }) => name).sort()).toEqual(['csrftoken', 'sessionid'])

      await page.locator('#user-tools').getByText('Log out').click()
      await page.waitForURL(`${server.url}/admin/logout/`)
      expect((await page.context().cookies()).map(({ name }) => name)).not.toContain('sessionid')
      await page.goto(`${server.url}/admin/`)
      expect(new URL(page.url()).pathname).toBe('/admin/login/')
      expect(troubles).toEqual([])
    })

    it('adds a record through a form and finds it in the list', async () => {
      const { page, troubles } = await open(`${server.url}/admin/login/?next=/admin/auth/group/add/`)
      await page.fill('#id_username', project.name)
      await page.fill('#id_password', project.password)
      await page.click('input[type=submit]')
      await page.fill('#id_name', 'Grüße & söhne')
      await page.click('input[name=_save]')
      await page.waitForURL(`${server.url}/admin/auth/group/`)
      expect(await page.textContent('#result_list')).toContain('Grüße & söhne')
      expect(troubles).toEqual([])
    })

    it('refuses a form without its CSRF token', async () => {
      const answer = await fetch(`${server.url}/admin/login/`, {
        method: 'POST',
        body: new URLSearchParams({ username: project.name, password: project.password }),
      })
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain('CSRF')
    })
  })

  describe('that is in production, with DEBUG off and its static files collected', () => {
    let project: DjangoProject
    let server: RunningPortico
    beforeAll(async () => {
      project = await DjangoProject.start()
      project.set(`DEBUG = False\nALLOWED_HOSTS = ['*']\nSTATIC_ROOT = BASE_DIR / 'collected'`)
      await project.manage('collectstatic', '--noinput', '--verbosity', '0')
      server = await project.serve()
    })
    afterAll(() => project?.remove())

    it('shows the log-in page of the admin site with its style', async () => {
      const { page, troubles } = await open(`${server.url}/admin/`)
      expect(new URL(page.url()).pathname).toBe('/admin/login/')
      expect(await styleOf(page, '#header', 'background-color')).toBe(headerColour)
      expect(troubles).toEqual([])
    })

    it('leaves a page that does not exist to Django', async () => {
      const answer = await fetch(`${server.url}/nowhere`)
      expect(answer.status).toBe(404)
      expect(await answer.text()).toContain('Not Found')
    })
  })
})
