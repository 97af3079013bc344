// Whose the socket is, who the workers are, and what a portico.yaml says of them.

import { chownSync, cpSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findGroup, findUser } from '../../../src/process/identity/user.ts'
import { identityOf } from '../../double/account.ts'
import { freePort } from '../../double/free-port.ts'
import { RecordClient } from './records.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'

const isRoot = process.getuid?.() === 0

function project(files: Readonly<Record<string, string>> = {}): string {
  const directory = openDirectory(files)
  cpSync(join(fixtures, 'fronted.py'), join(directory, 'fronted.py'))
  return directory
}

async function told(address: string) {
  const client = new RecordClient(address)
  onTestFinished(() => client.end())
  return JSON.parse((await client.ask(1, '/x')).stdout.split('\r\n\r\n')[1] ?? '')
}

function access(socket: string) {
  const { mode, uid, gid } = statSync(socket)
  return { mode: mode & 0o777, uid, gid }
}

function uidOf(name: string): number {
  const found = findUser(name)
  return found.kind === 'ok' ? found.user.uid : -1
}

function gidOf(name: string): number {
  const found = findGroup(name)
  return found.kind === 'ok' ? found.gid : -1
}

it('makes a socket for its owner and group, or as --socket-mode has it', async () => {
  const directory = project()
  const [usual, open] = [join(directory, 'a.sock'), join(directory, 'b.sock')]
  const words = ['fastcgi', 'fronted:application', '--processes', '1', '--bind']
  await startResponder([...words, `unix:${usual}`], { directory })
  await startResponder([...words, `unix:${open}`, '--socket-mode', '666'], { directory })
  expect([access(usual).mode, access(open).mode]).toEqual([0o660, 0o666])
  if (isRoot) expect(access(usual).gid).toBe(gidOf('www-data'))
})

it('listens on a port that the system chooses, and says which', async () => {
  const responder = await startResponder([
    'fastcgi',
    'fronted:application',
    '--processes',
    '1',
    '--bind',
    '127.0.0.1:0',
  ])
  expect(responder.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
  expect(await told(responder.address)).toMatchObject({ PATH_INFO: '/x', directory: fixtures })
})

it('takes a port alone for one of this machine only', async () => {
  const words = ['fastcgi', 'fronted:application', '--processes', '1', '--bind', String(await freePort())]
  const responder = await startResponder(words)
  expect(responder.address).toBe(`127.0.0.1:${words.at(-1)}`)
  expect(responder.stderr()).not.toContain('warning')
})

describe.runIf(isRoot)('started as root', () => {
  it('runs the workers as --user, and gives the socket to whom the flags name', async () => {
    const directory = project()
    const socket = join(directory, 'app.sock')
    const flags = [
      '--user',
      'www-data',
      '--socket-mode',
      '0640',
      '--socket-owner',
      'daemon',
      '--socket-group',
      'games',
    ]
    const words = ['fastcgi', 'fronted:application', '--bind', `unix:${socket}`, '--processes', '1', ...flags]
    const responder = await startResponder(words, { directory, public: true })
    expect(access(socket)).toEqual({ mode: 0o640, uid: uidOf('daemon'), gid: gidOf('games') })
    const { pid, uid } = await told(`unix:${socket}`)
    expect(uid).toBe(uidOf('www-data'))
    expect(identityOf(pid)).toMatchObject({ uid, gid: gidOf('www-data') })
    expect(identityOf(responder.pid).uid).toBe(0)
    expect(responder.stderr()).not.toContain('as root')
  })

  const given = (name: string): string => {
    const directory = project()
    for (const path of [directory, ...readdirSync(directory).map((file) => join(directory, file))])
      chownSync(path, uidOf(name), gidOf(name))
    return directory
  }

  it.each(['fastcgi', 'scgi'])('%s runs the workers as whose the directory is, and says so', async (verb) => {
    const directory = given('www-data')
    const bind = ['--bind', `unix:${directory}/app.sock`, '--processes', '1']
    const words = [verb, 'fronted:application', '--directory', directory, ...bind]
    const responder = await startResponder(words, { public: true })
    const said = responder.stderr()
    expect(said).toContain(
      `user: www-data, whose "${directory}" is; nothing of it but the supervisor runs as root\n`,
    )
    expect(said).not.toContain('as root:')
    expect(responder.workers().map((pid) => identityOf(pid).uid)).toEqual([uidOf('www-data')])
  })

  it.each([
    ['a relative --directory', ['fronted:application', '--directory', 'shop']],
    ['a file', ['shop/fronted.py']],
  ])('does not run as root what %s of somebody else has', async (_, named) => {
    const directory = project()
    renameSync(given('www-data'), join(directory, 'shop'))
    const words = ['fastcgi', ...named, '--processes', '1', '--bind', '127.0.0.1:0']
    const responder = await startResponder(words, { directory, public: true })
    expect(responder.workers().map((pid) => identityOf(pid).uid)).toEqual([uidOf('www-data')])
  })

  it('says that the workers are root where nobody else is named', async () => {
    const words = ['fastcgi', 'fronted:application', '--processes', '1', '--bind', '127.0.0.1:0']
    const responder = await startResponder([...words, '--directory', project()])
    expect(responder.stderr()).toMatch(/^note {5}as root: fronted:application; .+ name a user with --user$/m)
  })

  it('leaves the directory of somebody else to root where that is named', async () => {
    const directory = given('www-data')
    const words = ['fastcgi', 'fronted:application', '--processes', '1', '--bind', '127.0.0.1:0']
    const responder = await startResponder([...words, '--user', 'root'], { directory })
    expect(responder.workers().map((pid) => identityOf(pid).uid)).toEqual([0])
    expect(responder.stderr()).not.toContain('as root')
  })
})

it('takes environment, user, threads and directory from a portico.yaml', async () => {
  const user = isRoot ? 'user: www-data, ' : ''
  const directory = project({
    'portico.yaml': `applications:\n  shop: { wsgi: "fronted:application", directory: ., python: /usr/bin/python3, ${user}processes: 1, threads: 3, environment: { FRONTED: "from there" } }\nmounts: { /: shop }\n`,
  })
  const socket = join(directory, 'app.sock')
  const words = ['fastcgi', 'shop', '--config', join(directory, 'portico.yaml'), '--bind', `unix:${socket}`]
  const responder = await startResponder(words, { public: true })
  expect(responder.stderr()).toContain('fronted:application   1 x 3 threads')
  expect(await told(`unix:${socket}`)).toMatchObject({
    variable: 'from there',
    directory,
    uid: isRoot ? uidOf('www-data') : process.getuid?.(),
  })
})
