// The source of a script is never shown, however it is asked for and whatever php-fpm does (row SEC-04).

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { isMissing } from '../../double/project.ts'
import { startFpm } from './php-fpm.ts'
import { logged, type Place, sharedPlace } from './place.ts'

const source = '<?php\n/* TOPSECRET */\necho "ran";\n'
const marks = ['TOPSECRET', '<?php']

async function sourceSite(place: Place) {
  const fpm = await startFpm(place)
  const copies = ['.bak', '~', '.orig', '.old', '.swp', '.save', '.tmp', '.1', '.dist']
  for (const ending of copies) place.write(`php/secret.php${ending}`, source)
  for (const name of ['config.inc', 'old.phtml', 'old.phar', 'old.php5', 'Upper.PHP', '.hidden.php', '.env'])
    place.write(`php/${name}`, source)
  place.write('outside/evil.php', source)
  mkdirSync(join(fpm.root, 'links'))
  symlinkSync(join(place.directory, 'outside/evil.php'), join(fpm.root, 'links/out.php'))
  symlinkSync(join(place.directory, 'outside'), join(fpm.root, 'links/out'))
  symlinkSync(join(fpm.root, 'secret.php'), join(fpm.root, 'links/text.txt'))
  const mount = `fastcgi: { address: "${fpm.address}", connect_time: 200ms }, root: ${fpm.root}`
  const server = await place.portico(
    // The same files by another name: what is a script for one mount is no file for another.
    `mounts:\n  /: { ${mount} }\n  /files: { files: ${fpm.root}, listing: true }\n`,
  )
  return { fpm, server }
}

const names = [
  '/secret.php',
  '/secret.php/',
  '/secret.php/.',
  '/secret.php/more',
  '/secret.php.',
  '/secret.php%20',
  '/secret.php%2e',
  '/secret.php%00',
  '/secret.php%00.txt',
  '/secret.php%2f',
  '/secret.php;.txt',
  '/secret.php:$DATA',
  '/secret.php?x',
  '/secret%2ephp',
  '/secret.ph%70',
  '//secret.php',
  '/./secret.php',
  '/sub/../secret.php',
  '/SECRET.PHP',
  '/Secret.php',
  '/secret.php~',
  '/secret.php.bak',
  '/secret.php.orig',
  '/secret.php.old',
  '/secret.php.swp',
  '/secret.php.save',
  '/secret.php.tmp',
  '/secret.php.1',
  '/secret.php.dist',
  '/config.inc',
  '/old.phtml',
  '/old.phar',
  '/old.php5',
  '/Upper.PHP',
  '/upper.php',
  '/.hidden.php',
  '/.env',
  '/links/out.php',
  '/links/out/evil.php',
  '/links/text.txt',
]

const ways: readonly (readonly [string, string, string])[] = [
  ['GET', 'GET', ''],
  ['GET of a range', 'GET', 'Range: bytes=0-99\r\n'],
  ['GET if modified', 'GET', 'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n'],
  ['GET of another coding', 'GET', 'Accept-Encoding: gzip, br\r\n'],
  ['HEAD', 'HEAD', ''],
  ['POST', 'POST', 'Content-Length: 0\r\n'],
  ['PUT', 'PUT', 'Content-Length: 0\r\n'],
  ['OPTIONS', 'OPTIONS', ''],
]

describe.skipIf(isMissing('php8.2-fpm'))('the source of a script of PHP', () => {
  const site = sharedPlace(sourceSite)

  /** Status of each, and no answer with a mark of the source. */
  async function statuses(prefix: string, method: string, fields: string): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    for (const name of names) {
      const client = await Client.open(site().server.port)
      client.send(`${method} ${prefix}${name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`)
      const all = await client.rest()
      client.destroy()
      expect([name, marks.filter((mark) => all.includes(mark))]).toEqual([name, []])
      found.set(name, Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(all)?.[1]))
    }
    return found
  }

  it.each(ways)('is not shown by %s', async (_, method, fields) => {
    const found = await statuses('', method, fields)
    const ran = ['/secret.php', '/secret.php/more', '/secret.php?x', '/secret%2ephp', '//secret.php']
    for (const name of ran) expect([name, found.get(name)]).toEqual([name, 200])
    for (const name of ['/secret.php~', '/config.inc', '/.env', '/links/out.php', '/links/text.txt'])
      expect([name, (found.get(name) ?? 0) >= 400]).toEqual([name, true])
  })

  it.each(ways)('is not shown by a mount of files that holds it, by %s', async (_, method, fields) => {
    const found = await statuses('/files', method, fields)
    // %00 and what else is no path at all are 400; nothing is 200.
    for (const [name, status] of found) expect([name, status >= 400]).toEqual([name, true])
  })

  it('says why a symlink out of the root is not followed', async () => {
    await logged(site().server, 'script.refused', 'status=403', 'links/out.php', 'symlinks: any')
  })

  it('is not shown while php-fpm is down', async () => {
    await site().fpm.running.stop()
    for (const [, method, fields] of ways) {
      const found = await statuses('', method, fields)
      for (const name of ['/secret.php', '/secret.php/more', '/secret.php?x', '//secret.php'])
        expect([method, name, found.get(name)]).toEqual([method, name, 503])
    }
  })
})
