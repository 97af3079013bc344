// Applications that others start, with the listening socket as descriptor 0: mod_fcgid as docs/gateways.md shows it, and
// spawn-fcgi; with Python alone, and with `portico fastcgi`.

import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isAlive } from '../../double/process-tree.ts'
import { isMissing, systemPython } from '../../double/project.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask, sha256 } from './client.ts'
import { startFront } from './front.ts'
import { RecordClient } from './records.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'

const document = join(import.meta.dirname, '../../../docs/gateways.md')
/** What docs/gateways.md names as the place of the installed package. */
const installed = '/usr/lib/node_modules/portico'

/** The block of the document in this language with this text. */
function documented(language: string, text: string): string {
  const blocks = readFileSync(document, 'utf8').matchAll(
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'),
  )
  const found = [...blocks].find(([, block = '']) => block.includes(text))?.[1]
  if (found === undefined) throw new Error(`${document} has no ${language} with "${text}"`)
  return found
}

function worker(): string {
  return join(dirname(dirname(publicProgram())), 'python/portico_worker')
}

describe.skipIf(isMissing('apache2', 'libapache2-mod-fcgid'))('mod_fcgid', () => {
  it('starts Python alone, with the script and the lines of the document', async () => {
    const place = ownPlace()
    const directory = openDirectory()
    cpSync(join(fixtures, 'fronted.py'), join(directory, 'fronted.py'))
    const here = (text: string): string =>
      text
        .replaceAll('/srv/shop/.venv/bin/python', systemPython)
        .replaceAll(`${installed}/python/portico_worker`, worker())
        .replaceAll('/srv/shop', directory)
        .replaceAll('shop.wsgi:application', 'fronted:application')
    writeFileSync(join(directory, 'shop.fcgi'), here(documented('sh', 'shop.fcgi')), { mode: 0o755 })
    const lines = [
      'LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so',
      `FcgidIPCDir ${place.directory}/fcgid\nFcgidProcessTableFile ${place.directory}/fcgid.table`,
      here(documented('apache', 'fcgid-script')),
    ]
    const { port, tls } = await startFront(place, 'apache', lines.join('\n'))
    const headers = { authorization: 'Basic a2VlcGVyOng=' }
    const environ = JSON.parse(String((await ask(port, '/shop/a%20b/%C3%BC?q', { headers })).body))
    expect(environ).toMatchObject({
      SCRIPT_NAME: '/shop',
      PATH_INFO: '/a b/\u00c3\u00bc',
      QUERY_STRING: 'q',
      HTTP_AUTHORIZATION: headers.authorization,
      'wsgi.url_scheme': 'http',
      directory,
    })
    const secure = JSON.parse(String((await ask(tls, '/shop', { tls: true })).body))
    expect(secure).toMatchObject({ 'wsgi.url_scheme': 'https', SCRIPT_NAME: '/shop', PATH_INFO: '' })
    for (const chunked of [false, true]) {
      const body = randomBytes(3 << 20)
      const answer = await ask(port, '/shop/digest', { body, chunked })
      expect(JSON.parse(String(answer.body))).toMatchObject({ sha256: sha256(body), size: body.length })
    }
    expect((await ask(port, '/shop/fail')).status).toBe(500)
    expect((await ask(port, '/shopping')).status).toBe(404)
  })
})

it('starts and reloads by the unit of the document', async () => {
  const socket = join(openDirectory(), 'app.sock')
  const unit = documented('ini', 'ExecReload')
  expect(unit).toMatch(/^ExecReload=kill -HUP \$MAINPID$/m)
  const command = /^ExecStart=\S+\/portico (.+)$/m.exec(unit)?.[1] ?? ''
  const words = command.replace('/run/shop.sock', socket).replace('shop.wsgi:', 'fronted:').split(' ')
  const place = (word: string): string => (word === '/srv/shop' ? fixtures : word)
  const responder = await startResponder(
    words.map((word) => (word === 'shop' ? userInfo().username : place(word))),
  )
  responder.kill('SIGHUP')
  await responder.logged('worker.retired')
})

describe.skipIf(isMissing('spawn-fcgi'))('spawn-fcgi', () => {
  const told = async (socket: string) => {
    const client = new RecordClient(`unix:${socket}`)
    onTestFinished(() => client.end())
    return JSON.parse((await client.ask(1, '/x')).stdout.split('\r\n\r\n')[1] ?? '')
  }

  it('hands portico fastcgi its socket', async () => {
    const socket = join(openDirectory(), 'app.sock')
    const starter = ['spawn-fcgi', '-n', '-s', socket, '--']
    const responder = await startResponder(['fastcgi', 'fronted:application', '--processes', '2'], {
      starter,
    })
    expect(responder.address).toBe('descriptor')
    const { pid } = await told(socket)
    process.kill(pid, 'SIGKILL')
    await responder.logged('worker.exited', 'SIGKILL')
    expect((await told(socket)).pid).not.toBe(pid)
    const pids = responder.workers()
    expect(await responder.end()).toEqual({ code: 0, signal: null })
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('hands Python alone its socket', async () => {
    const socket = join(openDirectory(), 'app.sock')
    const words = [systemPython, worker(), 'fastcgi', '--directory', fixtures, 'fronted:application']
    const place = ownPlace()
    const running = await place.start(['spawn-fcgi', '-n', '-s', socket, '--', ...words], {
      listens: [socket],
    })
    expect((await told(socket)).pid).toBe(running.pid)
    running.kill('SIGTERM')
    await eventually('its end', () => (isAlive(running.pid) ? undefined : true))
  })
})
