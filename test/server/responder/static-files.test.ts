// The static files of the snippets: what stands there as a comment, uncommented, in the real servers.

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../double/free-port.ts'
import { isMissing } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask } from './client.ts'
import { type FrontName, frontNames, packagesOf, startFront } from './front.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'
import { uncommented } from './static-lines.ts'

/** With a condition of lighttpd around all but the modules. */
function asInstalled(front: FrontName, lines: string): string {
  if (front !== 'lighttpd') return lines
  return `${lines.replace(/^server\.modules .*$/m, '$&\n$HTTP["host"] =~ "^localhost" {')}\n}`
}

for (const front of frontNames)
  for (const [protocol, at, inside] of [
    ['fastcgi', '/shop', 'shop'],
    ['scgi', '/', 'the "shop"'],
  ] as const)
    describe.skipIf(isMissing(...packagesOf[front]))(`${front} over ${protocol} at ${at}`, () => {
      it(`hands out static files of the folder ${inside}, and the application has the rest`, async () => {
        const directory = join(openDirectory({ [`${inside}/static/style.css`]: 'of the test' }), inside)
        cpSync(join(fixtures, 'fronted.py'), join(directory, 'fronted.py'))
        const bind = ['--bind', `127.0.0.1:${await freePort()}`, '--script-name', at]
        const words = [protocol, 'fronted:application', '--processes', '1', ...bind]
        await startResponder(words, { directory })
        const { stdout } = await portico([...words, '--snippet', front], { directory })
        const { port } = await startFront(ownPlace(), front, asInstalled(front, uncommented(stdout)))
        const prefix = at === '/' ? '' : at
        expect(String((await ask(port, `${prefix}/static/style.css`)).body)).toBe('of the test')
        expect((await ask(port, `${prefix}/static/none`)).status).toBe(404)
        const environ = JSON.parse(String((await ask(port, `${prefix}/statics`)).body))
        expect(environ).toMatchObject({ SCRIPT_NAME: prefix, PATH_INFO: '/statics' })
      })
    })
