import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../../test/app/worker/stand-in.ts'
import { load } from './load.ts'
import { readSurroundings } from './surroundings.ts'

const nobody = { name: 'nobody', uid: 65534, gid: 65534, groups: [65534], home: '/' }

/** What is warned of in a directory of which a part is root's own. */
function warnings(user: string | null, uid = 0): readonly string[] {
  const directory = temporaryDirectory()
  chmodSync(directory, 0o755)
  for (const name of ['open', 'closed', 'closed/in', 'entered']) mkdirSync(join(directory, name))
  for (const name of ['htpasswd', 'open/page.html', 'closed/page.html', 'entered/page.html'])
    writeFileSync(join(directory, name), '', { mode: name === 'htpasswd' ? 0o600 : 0o644 })
  chmodSync(join(directory, 'closed'), 0o700)
  chmodSync(join(directory, 'entered'), 0o711)
  const value = {
    user,
    access: { users: 'htpasswd' },
    errors: { 404: 'open/page.html', 500: 'closed/page.html' },
    maintenance: { page: 'entered/page.html' },
    sendfile: 'closed/in',
    mounts: {
      '/': { files: 'open', listing: true },
      '/closed': { files: 'closed', fallback: 'page.html' },
      '/in': { files: 'closed/in' },
      '/entered': { files: 'entered' },
      '/listed': { files: 'entered', listing: true },
    },
  }
  return warningsOf(value, directory, uid)
}

function warningsOf(value: unknown, directory: string, uid = 0): readonly string[] {
  const surroundings = {
    ...readSurroundings(),
    uid,
    identity: () => ({ kind: 'ok' as const, identity: nobody }),
  }
  const loaded = load({ kind: 'object', value, directory, label: 'here' }, {}, surroundings)
  if (loaded.kind === 'bad') throw new Error(JSON.stringify(loaded.problems))
  return loaded.warnings.map(({ setting, message }) => `${setting}: ${message.replaceAll(directory, '')}`)
}

it.runIf(process.getuid?.() === 0)('names what is closed to the user of the server, and where', () => {
  const inTheWay = (verb: string, path: string, at: string) =>
    `the user "nobody" may not ${verb} "${path}"${path === at ? '' : `: "${at}" is in the way`}`
  expect(warnings('nobody')).toEqual([
    `access.users: ${inTheWay('read', '/htpasswd', '/htpasswd')}`,
    `errors.500: ${inTheWay('read', '/closed/page.html', '/closed')}`,
    `mounts./closed.fallback: ${inTheWay('read', '/closed/page.html', '/closed')}`,
    `mounts./closed.files: ${inTheWay('enter', '/closed', '/closed')}`,
    `mounts./in.files: ${inTheWay('enter', '/closed/in', '/closed')}`,
    `mounts./listed.listing: ${inTheWay('read', '/entered', '/entered')}`,
    `sendfile[0]: ${inTheWay('enter', '/closed/in', '/closed')}`,
  ])
})

it.runIf(process.getuid?.() === 0)(
  'names sockets to which the user of the server may not connect',
  async () => {
    const directory = temporaryDirectory()
    chmodSync(directory, 0o755)
    mkdirSync(join(directory, 'closed'), { mode: 0o700 })
    for (const [name, mode] of [
      ['shut.sock', 0o600],
      ['open.sock', 0o666],
      ['closed/open.sock', 0o666],
    ] as const) {
      const path = join(directory, name)
      const server = createServer().listen(path)
      onTestFinished(() => void server.close())
      await once(server, 'listening')
      chmodSync(path, mode)
    }
    const value = {
      user: 'nobody',
      mounts: {
        '/shut': { fastcgi: 'unix:shut.sock' },
        '/open': { fastcgi: 'unix:open.sock' },
        '/in': { scgi: 'unix:closed/open.sock' },
        '/directory': { uwsgi: 'unix:.' },
      },
    }
    expect(warningsOf(value, directory)).toEqual([
      'mounts./directory.uwsgi: "" is a directory, but a socket is expected',
      'mounts./in.scgi: the user "nobody" may not connect to "/closed/open.sock": "/closed" (root:root 0700) is in the way',
      'mounts./shut.fastcgi: the user "nobody" may not connect to "/shut.sock" (root:root 0600)',
    ])
  },
)

it('asks nothing for a server that stays who starts it, or whom only root could change', () => {
  expect(warnings(null)).toEqual([])
  expect(warnings('nobody', 1000)).toEqual([])
})
