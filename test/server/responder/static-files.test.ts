// The static files of the snippets: what stands there as a comment, uncommented, in the real servers.

import { describe, expect, it } from 'vitest'
import { freePort } from '../../double/free-port.ts'
import { isMissing } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask } from './client.ts'
import { type FrontName, frontNames, packagesOf, startFront } from './front.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'

/** The comments behind the line "Static files" made lines of the configuration, for this directory. */
function uncommented(snippet: string, directory: string): string {
  const [before = '', after = ''] = snippet.split('# Static files: ')
  const settings = after
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^# ?/, ''))
  return [before, ...settings].join('\n').replaceAll('/srv/shop/static/', `${directory}/`)
}

/** With a module that Debian loads by itself, and with a condition of lighttpd around all but the modules. */
function asInstalled(front: FrontName, lines: string): string {
  if (front === 'apache') return `LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so\n${lines}`
  if (front === 'nginx') return lines
  return `${lines.replace(/^server\.modules .*$/m, '$&\n$HTTP["host"] =~ "^localhost" {')}\n}`
}

for (const front of frontNames)
  for (const [protocol, at] of [
    ['fastcgi', '/shop'],
    ['scgi', '/'],
  ] as const)
    describe.skipIf(isMissing(...packagesOf[front]))(`${front} over ${protocol} at ${at}`, () => {
      it('hands out static files, and the application has the rest', async () => {
        const directory = openDirectory({ 'style.css': 'of the test' })
        const bind = ['--bind', `127.0.0.1:${await freePort()}`, '--script-name', at]
        const words = [protocol, 'fronted:application', '--processes', '1', ...bind]
        await startResponder(words)
        const { stdout } = await portico([...words, '--directory', fixtures, '--snippet', front])
        const { port } = await startFront(
          ownPlace(),
          front,
          asInstalled(front, uncommented(stdout, directory)),
        )
        const prefix = at === '/' ? '' : at
        expect(String((await ask(port, `${prefix}/static/style.css`)).body)).toBe('of the test')
        expect((await ask(port, `${prefix}/static/none`)).status).toBe(404)
        const environ = JSON.parse(String((await ask(port, `${prefix}/statics`)).body))
        expect(environ).toMatchObject({ SCRIPT_NAME: prefix, PATH_INFO: '/statics' })
      })
    })
