// Two applications in one site, each with the snippet and the static files of its own, in either order; where the order
// decides, in the one that the snippet says.

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask } from './client.ts'
import { type FrontName, frontNames, packagesOf, startFront } from './front.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'
import { uncommented } from './static-lines.ts'

type Protocol = 'fastcgi' | 'scgi'

/** Its snippet, with the lines for static files. */
async function startApplication(front: FrontName, protocol: Protocol, at: string): Promise<string> {
  const directory = openDirectory({ 'static/style.css': `of ${at}` })
  cpSync(join(fixtures, 'fronted.py'), join(directory, 'fronted.py'))
  // Sockets of one name, in two directories.
  const where = ['--bind', `unix:${directory}/app.sock`, '--script-name', at]
  const words = [protocol, 'fronted:application', '--processes', '1', ...where]
  await startResponder(words, { directory })
  return uncommented((await portico([...words, '--snippet', front], { directory })).stdout)
}

function inOneSite(front: FrontName, snippets: readonly string[]): string {
  const lines = snippets.join('\n')
  return front === 'apache' ? `<VirtualHost *>\n${lines}\n</VirtualHost>` : lines
}

/** The mount and the path that the application is told, or the file. */
async function answered(port: number, path: string): Promise<string> {
  const body = String((await ask(port, path)).body)
  if (!body.startsWith('{')) return body
  const { SCRIPT_NAME: name, PATH_INFO: info } = JSON.parse(body)
  return `${name}: ${info}`
}

for (const front of frontNames)
  for (const protocol of ['fastcgi', 'scgi'] as const)
    describe.skipIf(isMissing(...packagesOf[front]))(`${front} over ${protocol}`, () => {
      const start = async (...mounts: readonly string[]) => {
        const snippets: string[] = []
        for (const at of mounts) snippets.push(await startApplication(front, protocol, at))
        return { snippets, port: (await startFront(ownPlace(), front, inOneSite(front, snippets))).port }
      }

      it.each([
        ['/', '/shop'],
        ['/shop', '/'],
      ])('has applications at %s and %s, written in this order', async (first, second) => {
        const { port } = await start(first, second)
        const paths = ['/', '/a', '/shopping', '/shop', '/shop/', '/shop/a', '/shop/api/a']
        const said = ['/static/style.css', '/shop/static/style.css', ...paths]
        expect(await Promise.all(said.map((path) => answered(port, path)))).toEqual([
          ...['of /', 'of /shop', ': /', ': /a', ': /shopping'],
          ...['/shop: ', '/shop: /', '/shop: /a', '/shop: /api/a'],
        ])
        for (const prefix of ['', '/shop'])
          expect((await ask(port, `${prefix}/static/none`)).status, prefix).toBe(404)
      })

      it('has one below the other, in the order that the snippet says', async () => {
        const order = front === 'nginx' ? ['/shop/api', '/shop'] : ['/shop', '/shop/api']
        const { port, snippets } = await start(...order)
        const where = front === 'nginx' ? 'above' : 'below'
        expect(snippets.join('\n')).toContain(`such as /shop/api, have to stand ${where} these.`)
        const paths = [
          '/shop/a',
          '/shop/apis',
          '/shop/api/a',
          '/shop/static/style.css',
          '/shop/api/static/style.css',
        ]
        expect(await Promise.all(paths.map((path) => answered(port, path)))).toEqual([
          ...['/shop: /a', '/shop: /apis', '/shop/api: /a', 'of /shop', 'of /shop/api'],
        ])
      })
    })
