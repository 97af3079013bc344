// PHP kept alive by php-fpm: scripts among files (rows FCC-06, FCC-09, FCC-16, FCC-24, FCC-25, FCC-27).

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import { framings, randomFile, sendForm } from '../../double/upload.ts'
import { ask, valuesOf } from '../cgi/scripts.ts'
import { startFpm } from './php-fpm.ts'
import { logged, ownPlace, type Place, sharedPlace } from './place.ts'

const MiB = 1024 * 1024

async function phpSite(place: Place, mount = '', top = '') {
  const fpm = await startFpm(place)
  const config = `${top}mounts:\n  /: { fastcgi: "${fpm.address}", root: ${fpm.root}${mount} }\n`
  const server = await place.portico(config)
  return { place, fpm, server }
}

const environOf = (said: { body: string }) => JSON.parse(said.body) as Record<string, string>

describe.skipIf(isMissing('php8.2-fpm'))('PHP at the address of php-fpm', () => {
  const site = sharedPlace((place) => phpSite(place, '', 'limits: { body: 100MiB }\n'))
  const get = (target: string, options = {}) => ask(site().server.port, target, options)

  it('runs a script, which finds its own path and what stands behind it', async () => {
    const { root } = site().fpm
    const environ = environOf(await get('/environ.php/b/c?x=1'))
    expect(environ).toMatchObject({
      SCRIPT_FILENAME: `${root}/environ.php`,
      SCRIPT_NAME: '/environ.php',
      PATH_INFO: '/b/c',
      PATH_TRANSLATED: `${root}/b/c`,
      DOCUMENT_ROOT: root,
      QUERY_STRING: 'x=1',
      REQUEST_URI: '/environ.php/b/c?x=1',
      PHP_SELF: '/environ.php/b/c',
      REQUEST_METHOD: 'GET',
      SERVER_PORT: String(site().server.port),
      GATEWAY_INTERFACE: 'CGI/1.1',
      REDIRECT_STATUS: '200',
    })
    expect(environ).not.toHaveProperty('HTTPS')
    expect(environOf(await get('/environ.php'))).not.toHaveProperty('PATH_INFO')
  })

  it('has an index in each directory, behind its slash', async () => {
    expect((await get('/')).body).toBe('index of /index.php')
    expect((await get('/sub/')).body).toBe('index of /sub/index.php')
    const without = await get('/sub?a=b')
    expect([without.status, valuesOf(without, 'location')]).toEqual([301, ['/sub/?a=b']])
  })

  it('has the files beside the scripts', async () => {
    const style = await get('/style.css')
    expect([style.status, style.body, valuesOf(style, 'content-type')]).toEqual([
      200,
      expect.stringContaining('color: green'),
      [expect.stringMatching(/^text\/css/)],
    ])
    expect((await get('/style.css', { fields: 'Range: bytes=0-3\r\n' })).body).toBe('body')
  })

  it('answers HEAD without a body, and keeps the connection in step', async () => {
    const client = await Client.open(site().server.port)
    for (let i = 0; i < 3; i++) {
      client.send('HEAD /index.php HTTP/1.1\r\nHost: a\r\n\r\nGET /index.php HTTP/1.1\r\nHost: a\r\n\r\n')
      expect((await client.answer('HEAD')).status).toBe(200)
      expect((await client.answer()).body).toBe('index of /index.php')
    }
    client.destroy()
  })

  it.each([0, 1, 8192, 200_000])('takes a body of %i octets, with its length and in chunks', async (size) => {
    const { bytes, sha256 } = randomFile(size)
    for (const chunked of [false, true]) {
      const said = await get('/body.php', { method: 'POST', body: bytes, chunked })
      // Nothing has no length.
      expect(said.body.replace('POST - ', 'POST 0 ')).toBe(`POST ${size} ${sha256}`)
    }
  })

  it.each(framings)('takes a form with a file of 50 MB %s', async (_, chunked) => {
    const { status, received, sent } = await sendForm(`${site().server.url}/form.php`, 50 * MiB, chunked)
    expect([status, received]).toEqual([200, sent])
  })

  it('tells what phpinfo() tells', async () => {
    const said = await get('/phpinfo.php')
    expect(said.complete).toBe(true)
    expect(said.body).toContain('FPM/FastCGI')
    expect(said.body.trimEnd().endsWith('</html>')).toBe(true)
  })

  it('has sessions by a cookie', async () => {
    const first = await get('/session.php')
    expect(first.body).toBe('1')
    const [cookie] = valuesOf(first, 'set-cookie')
    const second = await get('/session.php', { fields: `Cookie: ${cookie?.split(';')[0]}\r\n` })
    expect(second.body).toBe('2')
  })

  it('keeps the answer of a script that exits with a status', async () => {
    const said = await get('/exit.php?code=7')
    expect([said.status, said.body, said.complete]).toEqual([200, 'begun', true])
  })

  it('redirects by header()', async () => {
    const found = await get('/redirect.php?to=/index.php')
    expect([found.status, valuesOf(found, 'location')]).toEqual([302, ['/index.php']])
    const moved = await get('/redirect.php?status=301&to=https://h.example/')
    expect([moved.status, valuesOf(moved, 'location')]).toEqual([301, ['https://h.example/']])
  })

  it('redirects within the server by a Location alone', async () => {
    const said = await get('/local.php?to=/environ.php/info%3Fx=1', { method: 'POST', body: 'abc' })
    expect(said.status).toBe(200)
    expect(environOf(said)).toMatchObject({ REQUEST_METHOD: 'GET', PATH_INFO: '/info', QUERY_STRING: 'x=1' })
  })

  it('writes error_log() to the log, with the id of the request', async () => {
    expect((await get('/errors.php')).body).toBe('said')
    await logged(
      site().server,
      'application.errors',
      /request=\S+/,
      'script=errors.php',
      'the cellar is empty',
    )
  })

  it('is told the Authorization, and never a Proxy', async () => {
    const fields = 'Authorization: Bearer x\r\nProxy: http://evil.example\r\nX_Y: z\r\n'
    const environ = environOf(await get('/environ.php', { fields }))
    expect(environ.HTTP_AUTHORIZATION).toBe('Bearer x')
    expect(Object.keys(environ)).not.toContain('HTTP_PROXY')
    expect(Object.keys(environ)).not.toContain('HTTP_X_Y')
    const basic = environOf(await get('/environ.php', { fields: 'Authorization: Basic YTpi\r\n' }))
    expect([basic.PHP_AUTH_USER, basic.PHP_AUTH_PW]).toEqual(['a', 'b'])
  })

  it('is 404 where nothing is, and php-fpm is not asked', async () => {
    const { running } = site().fpm
    const said = running.output()
    for (const path of ['/none.php', '/none.php/info', '/sub/none', '/style.css/x.php', '/picture.jpg/x.php'])
      expect([path, (await get(path)).status]).toEqual([path, 404])
    expect((await get('/picture.jpg')).body).toContain('<?php')
    expect((await get('/picture.jpg/x.php')).body).not.toContain('EXECUTED')
    expect(running.output()).toBe(said)
    expect(site().server.stderr()).not.toContain('Primary script unknown')
  })

  it('closes what nobody reads any more', async () => {
    const file = join(site().place.directory, 'stream')
    const client = await Client.open(site().server.port)
    client.send(`GET /stream.php?file=${file} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await eventually('the script', () => (existsSync(file) ? true : undefined))
    client.socket.resetAndDestroy()
    await eventually('the script notices', () => (existsSync(`${file}.gone`) ? true : undefined))
  })
})

describe.skipIf(isMissing('php8.2-fpm'))('a front script', () => {
  const site = sharedPlace((place) => phpSite(place, ', front: /front.php'))
  const body = async (target: string, options = {}) => (await ask(site().server.port, target, options)).body

  it('answers for what is not there, and for nothing else', async () => {
    expect(await body('/any/where?x=1')).toBe('front /front.php - /any/where?x=1')
    expect(await body('/none.php/info')).toBe('front /front.php - /none.php/info')
    expect(await body('/picture.jpg/x.php')).toBe('front /front.php - /picture.jpg/x.php')
    expect(await body('/')).toBe('index of /index.php')
    expect(await body('/style.css')).toContain('color')
    expect(await body('/body.php', { method: 'POST', body: 'a' })).toMatch(/^POST 1 /)
  })

  it('takes other methods, too', async () => {
    expect(await body('/any', { method: 'POST', body: 'a' })).toContain('front')
    expect(await body('/any', { method: 'DELETE' })).toContain('front')
  })
})

describe.skipIf(isMissing('php8.2-fpm'))('fastcgi_finish_request()', () => {
  it('releases the client while the script goes on, and holds up nobody else', async () => {
    const place = ownPlace()
    const fpm = await startFpm(place)
    const at = `fastcgi: "${fpm.address}", root: ${fpm.root}`
    const server = await place.portico(`mounts:\n  /: { ${at} }\n`)
    const until = join(place.directory, 'finish')
    const early = await ask(server.port, `/finish.php?until=${until}`)
    expect([early.status, early.body, early.complete]).toEqual([200, 'early', true])
    for (let i = 0; i < 8; i++) expect((await ask(server.port, '/index.php')).status).toBe(200)
    expect(existsSync(`${until}.done`)).toBe(false)
    writeFileSync(until, '')
    await eventually('the end of the script', () => (existsSync(`${until}.done`) ? true : undefined))
  })
})

describe.skipIf(isMissing('php8.2-fpm'))('PHP behind a trusted proxy', () => {
  it('is told the scheme and the address of the client', async () => {
    const place = ownPlace()
    const { server } = await phpSite(place, '', 'trusted_proxies: ["127.0.0.1"]\n')
    const fields = 'X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n'
    const environ = environOf(await ask(server.port, '/environ.php', { fields }))
    expect(environ).toMatchObject({
      HTTPS: 'on',
      REQUEST_SCHEME: 'https',
      SERVER_PORT: '443',
      REMOTE_ADDR: '192.0.2.7',
    })
    expect(readFileSync(join(place.directory, 'fpm.log'), 'utf8')).not.toContain('WARNING')
  })
})
