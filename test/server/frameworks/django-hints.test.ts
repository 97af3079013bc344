// What Django with DEBUG off says nowhere a beginner looks: refused hosts, refused forms, views that raised.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'

const settings = `
DEBUG = False
ALLOWED_HOSTS = ['example.com']
SECURE_PROXY_SSL_HEADER = ('HTTP_X_SCHEME', 'https')
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/no/such/file'}}
`

// Whoever the tests are is the proxy: what an untrusted peer says of its scheme never reaches Django.
const configuration = `
trusted_proxies: [127.0.0.1]
applications: { shop: { wsgi: "shop.wsgi:application" } }
mounts: { /: shop }
`

describe.skipIf(isMissing('python3-django'))('a Django project in production', () => {
  let project: DjangoProject
  let server: RunningPortico
  beforeAll(async () => {
    project = await DjangoProject.start()
    project.addPages()
    project.append('pages/views.py', accounts)
    project.append('pages/urls.py', `\nurlpatterns += [path('accounts', views.accounts)]\n`)
    project.set(settings)
    project.append('portico.yaml', configuration)
    server = await project.serve('--processes', '1')
  })
  afterAll(() => project?.remove())

  it('says once which host ALLOWED_HOSTS refuses, in which file, and what to write', async () => {
    for (let count = 0; count < 3; count++) {
      expect((await ask(server.port, '/rest', { host: 'shop.example:8000' })).status).toBe(400)
    }
    expect((await ask(server.port, '/rest', { host: 'other.example' })).status).toBe(400)
    const said = await logged('"other.example"')
    expect(said).toMatch(
      / warn application\.output .*\brequest=\S+ stream=stderr \| Django refused a request with status 400/,
    )
    const lines = linesWith('Django refused a request')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain(
      `because its Host "shop.example:8000" is not in ALLOWED_HOSTS, which is ['example.com'] in "${project.directory}/shop/settings.py". ` +
        `If people are to reach the site by this name, write there: ALLOWED_HOSTS = ['example.com', 'shop.example']`,
    )
  })

  it('does not advise to allow what is no host name, and does not let a scanner fill the log', async () => {
    for (let number = 0; number < 40; number++) {
      expect((await ask(server.port, '/rest', { host: `a_${number}.example` })).status).toBe(400)
    }
    await logged('Django refuses more names than are told here')
    expect(linesWith('Django refused a request').length).toBeLessThanOrEqual(20)
    expect(linesWith('more names than are told')).toHaveLength(1)
    expect(linesWith('"a_1.example" is not a valid host name')).toHaveLength(1)
  })

  it('says why a form is refused that comes from a name of which Django does not know', async () => {
    const fields = [
      'X-Scheme: https',
      `Cookie: csrftoken=${'a'.repeat(64)}`,
      'Referer: https://shop.example/form',
      'Content-Type: application/x-www-form-urlencoded',
    ]
    const answer = await ask(server.port, '/rest', {
      method: 'POST',
      host: 'example.com',
      fields,
      body: `csrfmiddlewaretoken=${'a'.repeat(64)}`,
    })
    expect(answer.status).toBe(403)
    const said = await logged('Django refused a form with status 403 (CSRF)')
    expect(said).toContain(
      'it comes from "https://shop.example", but the request was for "https://example.com"',
    )
    expect(said).toContain(`shop/settings.py": CSRF_TRUSTED_ORIGINS = ['https://shop.example']`)
  })

  it('has the traceback of a view in the log, which Django writes only with DEBUG', async () => {
    expect((await ask(server.port, '/accounts', { host: 'example.com' })).status).toBe(500)
    expect(await logged('OperationalError: unable to open database file')).toMatch(/\brequest=\S+/)
    expect(linesWith('Internal Server Error: /accounts')).toHaveLength(1)
  })

  function linesWith(text: string): readonly string[] {
    return server
      .stderr()
      .split('\n')
      .filter((line) => line.includes(text))
  }

  function logged(text: string): Promise<string> {
    return eventually(`"${text}" in the log`, () => linesWith(text)[0])
  }
})

const accounts = `

def accounts(request):
    from django.contrib.auth.models import User

    return HttpResponse(str(User.objects.count()))
`
