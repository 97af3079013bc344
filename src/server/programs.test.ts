// Programs of applications with users of their own: who may come to their sockets, and who may put others in their place.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { recordingLog, until } from '../../test/app/worker/stand-in.ts'
import { Compiled, hasFcgi } from '../../test/double/programs.ts'
import { systemPython } from '../../test/double/project.ts'
import { monotonicMs } from '../clock.ts'
import type { Effective } from '../config/effective.ts'
import { load } from '../config/load.ts'
import type { Endpoint } from '../process/messages.ts'
import { Keeper } from '../process/system/keeper.ts'
import { httpAccount } from './accounts.ts'
import { Applications } from './applications.ts'

/** Accounts of Debian: the HTTP process, the application, somebody else. */
const [http, own, other] = ['www-data', 'daemon', 'nobody']

let compiled: Compiled
let runtime: string
let applications: Applications | undefined

beforeAll(() => {
  if (hasFcgi) compiled = new Compiled()
})
afterAll(() => {
  if (hasFcgi) compiled.remove()
})
afterEach(async () => {
  await applications?.stop(() => 0)
  rmSync(runtime, { recursive: true, force: true })
})

/** Starts one application that is this program. */
async function start(command: readonly string[]): Promise<Endpoint> {
  runtime = mkdtempSync(join(tmpdir(), 'portico-run-'))
  chmodSync(runtime, 0o755)
  const loaded = load({
    kind: 'object',
    value: {
      runtime: join(runtime, 'run'),
      user: http,
      applications: { feed: { wsgi: 'feed:app', user: own, processes: 1, threads: 1 } },
      mounts: { '/': 'feed' },
    },
    directory: runtime,
    label: 'test',
  })
  if (loaded.kind === 'bad') throw new Error(JSON.stringify(loaded.problems))
  const effective: Effective = {
    ...loaded.effective,
    applications: loaded.effective.applications.map((one) => ({
      ...one,
      ...{ wsgi: '', python: '', directory: '/', program: { command, wire: 'fastcgi' as const } },
    })),
  }
  const account = httpAccount(effective)
  if (account.kind === 'bad') throw new Error(account.message)
  const log = recordingLog()
  const keeper = new Keeper(log, monotonicMs)
  applications = new Applications({
    ...{ reload: false, reread: () => undefined, log, keeper },
    tellHttp: () => 0,
  })
  expect(await applications.start(effective, account)).toBeUndefined()
  const [endpoint] = await until(
    () => {
      const endpoints = applications?.publications[0]?.endpoints ?? []
      return endpoints.length > 0 && endpoints
    },
    `the program is ready: ${log.entries.map(({ text }) => text).join()}`,
  )
  keeper.close()
  return endpoint as Endpoint
}

/** What a connection by that user comes to. */
function connectAs(user: string, path: string): string {
  const script = `import socket; socket.socket(socket.AF_UNIX).connect(${JSON.stringify(path)})`
  const tried = as(user, systemPython, '-c', script)
  return tried.status === 0 ? 'connected' : (/(\w+Error)/.exec(tried.stderr)?.[1] ?? tried.stderr)
}

function as(user: string, ...command: string[]) {
  const change = [`--reuid=${user}`, `--regid=${groupOf(user)}`, '--init-groups', '--']
  return spawnSync('/usr/bin/setpriv', [...change, ...command], {
    encoding: 'utf8',
    cwd: '/',
    timeout: 20_000,
  })
}

function groupOf(user: string): string {
  return user === 'nobody' ? 'nogroup' : user
}

function userOf(pid: number): string {
  const uid = /^Uid:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? ''
  return spawnSync('id', ['-un', uid], { encoding: 'utf8' }).stdout.trim()
}

describe.runIf(hasFcgi && process.getuid?.() === 0)('a program of another user', () => {
  it('gets a socket that its user can neither replace nor come to by its path', async () => {
    const { address, pid } = await start([compiled.responder])
    expect(userOf(pid)).toBe(own)
    const [directory, socket] = [statSync(dirname(address)), statSync(address)]
    expect([directory.uid, directory.mode & 0o7777, socket.mode & 0o777]).toEqual([0, 0o2710, 0o660])
    expect(socket.gid).toBe(directory.gid)
    expect([http, own, other].map((user) => connectAs(user, address))).toEqual([
      'connected',
      'PermissionError',
      'PermissionError',
    ])
    expect(as(own, 'mv', address, `${address}.old`).status).not.toBe(0)
  })

  it('may bind its socket itself, in the directory of its application', async () => {
    const { address, pid } = await start([compiled.responder, '{socket}'])
    expect(userOf(pid)).toBe(own)
    expect(statSync(address).mode & 0o777).toBe(0o660)
    expect([http, other].map((user) => connectAs(user, address))).toEqual(['connected', 'PermissionError'])
  })
})
