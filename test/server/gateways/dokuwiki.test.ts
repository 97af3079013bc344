// DokuWiki as Debian has it, over php-fpm: its own copy, its own data.

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { startFpm } from './php-fpm.ts'
import { type Place, sharedPlace } from './place.ts'

const password = 'pears and plums'
/** Of the system's own wiki, and not for everybody to read. */
const systemOnly = new Set(['acl.auth.php', 'users.auth.php', 'local.php', '.htaccess', 'htaccess'])

function installWiki(place: Place): string {
  const root = join(place.directory, 'wiki')
  const keep = (path: string): boolean => !systemOnly.has(basename(path))
  cpSync('/usr/share/dokuwiki', root, { recursive: true, filter: keep })
  for (const linked of ['plugins', 'tpl']) {
    rmSync(join(root, 'lib', linked), { force: true })
    cpSync(`/var/lib/dokuwiki/lib/${linked}`, join(root, 'lib', linked), {
      recursive: true,
      dereference: true,
    })
  }
  const conf = join(place.directory, 'conf')
  cpSync('/etc/dokuwiki', conf, { recursive: true, filter: keep })
  const preload = readFileSync(join(root, 'inc/preload.php'), 'utf8')
  const places = `if (!defined('DOKU_CONF')) { define('DOKU_MAIN_CONF', '${conf}/'); define('DOKU_CONF', '${conf}/'); }\n`
  place.write('wiki/inc/preload.php', preload.replace('<?php\n', `<?php\n${places}`))
  const data = join(place.directory, 'data')
  for (const name of ['attic', 'cache', 'index', 'locks', 'log', 'media', 'meta', 'pages', 'tmp'])
    mkdirSync(join(data, name), { recursive: true })
  for (const name of ['media_attic', 'media_meta']) mkdirSync(join(data, name))
  const settings = {
    title: 'The cellar',
    lang: 'en',
    license: '0',
    useacl: 1,
    superuser: '@admin',
    userewrite: 2,
    savedir: data,
    updatecheck: 0,
  }
  const lines = Object.entries(settings).map(
    ([name, value]) => `$conf['${name}'] = ${JSON.stringify(value)};\n`,
  )
  place.write('conf/local.php', `<?php\n${lines.join('')}`)
  place.write('conf/acl.auth.php', '* @ALL 1\n* @user 8\n')
  const hash = createHash('sha1').update(password).digest('hex')
  place.write('conf/users.auth.php', `anna:${hash}:Anna:anna@wiki.example:admin,user\n`)
  return root
}

/** A browser as far as it is needed: cookies, and the hidden fields of forms. */
class Visitor {
  readonly #url: string
  readonly #cookies = new Map<string, string>()

  constructor(url: string) {
    this.#url = url
  }

  async get(path: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(this.#url + path, {
      headers: { cookie },
      redirect: 'manual',
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const one of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (one.split(';')[0] ?? '').split(/=(.*)/s)
      this.#cookies.set(name, value)
    }
    return answer
  }

  /** Name and value of every hidden field of a page. */
  async hidden(path: string): Promise<Record<string, string>> {
    const page = await (await this.get(path)).text()
    const fields: Record<string, string> = {}
    for (const [field] of page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(field)?.[1]
      if (name !== undefined) fields[name] = /value="([^"]*)"/.exec(field)?.[1] ?? ''
    }
    return fields
  }
}

describe.skipIf(isMissing('php8.2-fpm', 'dokuwiki'))('DokuWiki', () => {
  const site = sharedPlace(async (place) => {
    const root = installWiki(place)
    const fpm = await startFpm(place, { extensions: true })
    const server = await place.portico(
      `mounts:\n  /wiki: { fastcgi: "${fpm.address}", root: ${root}, index: [doku.php] }\n`,
    )
    return { place, server }
  })

  it('lets a user log in, keeps a page, and shows it by its path', async () => {
    const { place, server } = site()
    const visitor = new Visitor(server.url)
    const start = await visitor.get('/wiki/')
    expect([start.status, await start.text()]).toEqual([200, expect.stringContaining('The cellar')])

    const login = await visitor.hidden('/wiki/doku.php/start?do=login')
    const entered = await visitor.get('/wiki/doku.php/start?do=login', { ...login, u: 'anna', p: password })
    expect(entered.status).toBe(302)

    const edit = await visitor.hidden('/wiki/doku.php/fruit?do=edit')
    expect(edit.sectok).toMatch(/^[0-9a-f]{32}$/)
    const wikitext = `====== Fruit ======\n${'Pears & plums, œufs. '.repeat(2000)}`
    const saved = await visitor.get('/wiki/doku.php/fruit', { ...edit, wikitext, 'do[save]': '1' })
    expect(saved.status).toBe(302)
    expect(saved.headers.get('location')).toContain('/wiki/doku.php/fruit')

    const page = await (await fetch(`${server.url}/wiki/doku.php/fruit`)).text()
    expect(page).toContain('Pears &amp; plums, œufs.')
    expect(readFileSync(join(place.directory, 'data/pages/fruit.txt'), 'utf8')).toBe(wikitext)
    const raw = await fetch(`${server.url}/wiki/doku.php/fruit?do=export_raw`)
    expect(await raw.text()).toBe(wikitext)
  })

  it('has its styles, scripts and pictures', async () => {
    const { url } = site().server
    for (const [path, type] of [
      ['lib/exe/css.php?t=dokuwiki', 'text/css'],
      ['lib/exe/js.php?t=dokuwiki', 'javascript'],
      ['lib/tpl/dokuwiki/images/logo.png', 'image/png'],
      ['lib/images/smileys/fixme.svg', 'image/'],
    ]) {
      const answer = await fetch(`${url}/wiki/${path}`)
      const body = await answer.arrayBuffer()
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        200,
        expect.stringContaining(type ?? ''),
      ])
      expect(body.byteLength).toBeGreaterThan(100)
    }
  })

  it('shows nobody what lies behind its scripts', async () => {
    const { place, server } = site()
    expect(existsSync(join(place.directory, 'conf/users.auth.php'))).toBe(true)
    for (const path of [
      'conf/users.auth.php',
      '../conf/users.auth.php',
      '%2e%2e/conf/users.auth.php',
      'inc/',
    ])
      expect([path, (await fetch(`${server.url}/wiki/${path}`)).status]).toEqual([path, 404])
    const code = await fetch(`${server.url}/wiki/inc/init.php`)
    expect(await code.text()).not.toContain('<?php')
  })
})
