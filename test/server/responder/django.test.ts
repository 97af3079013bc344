// A Django project with its admin site behind nginx, Apache and lighttpd, told exactly what --snippet prints.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { isMissing } from '../../double/project.ts'
import { sendForm } from '../../double/upload.ts'
import { sharedPlace } from '../gateways/place.ts'
import { type Answered, ask } from './client.ts'
import { frontNames, type Hosting, host, packagesOf } from './front.ts'

const urls = `from django.contrib.staticfiles.views import serve
from django.urls import re_path
from pages.urls import urlpatterns

urlpatterns = urlpatterns + [re_path('^static/(?P<path>.*)$', serve)]
`

/** Keeps the cookies of one site. */
class Visitor {
  readonly cookies = new Map<string, string>()
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  async go(path: string, form?: Readonly<Record<string, string>>): Promise<Answered> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const type = 'application/x-www-form-urlencoded'
    const answer = await ask(this.#port, path, {
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(form === undefined ? {} : { 'content-type': type }),
      },
      ...(form === undefined ? {} : { body: Buffer.from(String(new URLSearchParams(form))) }),
    })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.cookies.set(name, value)
    }
    return answer
  }
}

let project: DjangoProject
beforeAll(async () => {
  if (isMissing('python3-django')) return
  project = await DjangoProject.start()
  project.addPages()
  writeFileSync(join(project.directory, 'shop/urls.py'), urls)
  project.set(`ROOT_URLCONF = 'shop.urls'\nSTATIC_URL = 'static/'`)
  await project.createAccount()
})
afterAll(() => project?.remove())

const hostings: Hosting[] = frontNames.flatMap((front) => [
  { front, protocol: 'fastcgi', over: 'unix', mount: '/shop' },
  { front, protocol: 'scgi', over: 'TCP', mount: '/' },
])

for (const hosting of hostings) {
  const { front, protocol, mount } = hosting
  const needed = ['python3-django', ...packagesOf[front]]
  describe.skipIf(isMissing(...needed))(`Django behind ${front} over ${protocol} at ${mount}`, () => {
    const site = sharedPlace((place) => host(place, hosting, 'shop.wsgi:application', project.directory))

    it('logs in to the admin site, with its style', async () => {
      const { port, prefix } = site()
      const visitor = new Visitor(port)
      const first = await visitor.go(`${prefix}/admin/`)
      const login = `${prefix}/admin/login/?next=${prefix}/admin/`
      expect([first.status, first.headers.location]).toEqual([302, login])
      const page = String((await visitor.go(login)).body)
      const style = /href="([^"]+base\.css)"/.exec(page)?.[1] ?? ''
      expect(style).toBe(`${prefix}/static/admin/css/base.css`)
      const css = await visitor.go(style)
      expect([css.status, css.headers['content-type'], String(css.body)]).toEqual([
        200,
        expect.stringMatching(/^text\/css/),
        expect.stringContaining('#header'),
      ])
      const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const person = { username: project.name, password: project.password }
      const refused = await new Visitor(port).go(login, person)
      expect([refused.status, String(refused.body)]).toEqual([403, expect.stringContaining('CSRF')])
      const entered = await visitor.go(login, {
        ...person,
        csrfmiddlewaretoken: token,
        next: `${prefix}/admin/`,
      })
      expect([entered.status, entered.headers.location]).toEqual([302, `${prefix}/admin/`])
      expect([...visitor.cookies.keys()].sort()).toEqual(['csrftoken', 'sessionid'])
      expect(String((await visitor.go(`${prefix}/admin/`)).body)).toContain(project.name)
    })

    // Apache takes none over SCGI.
    if (!(front === 'apache' && protocol === 'scgi')) {
      it('takes an upload in chunks', async () => {
        const { port, prefix } = site()
        const { status, received, sent } = await sendForm(
          `http://localhost:${port}${prefix}/upload`,
          3 << 20,
          true,
        )
        expect([status, received]).toEqual([200, sent])
      })
    }
  })
}
