// Scripts on a machine without Python: what is started then, what is refused, and that nothing is left of a thousand requests
// whose clients come and go. How scripts behave is in the other tests here, which know both launchers.

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { isAlive, processTree } from '../../double/process-tree.ts'
import type { RunningPortico } from '../../double/server.ts'
import { withoutPython } from '../../double/without-python.ts'
import { portico, scratch } from '../cli/command.ts'
import { ask, launchers, serve, siteOf } from './scripts.ts'

const node = launchers.find(({ launcher }) => launcher === 'node') ?? {
  name: '',
  warm: false,
  launcher: 'node',
}
const plain = '#!/bin/sh\necho "Content-Type: text/plain"\necho\n'

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

function launcherOf(server: RunningPortico): number {
  const found = processTree(server.pid).find((pid) => commandOf(pid).includes('launcher/main.js'))
  if (found === undefined) throw new Error('there is no launcher')
  return found
}

/** Their names, but those of directories. */
function filesBelow(directory: string): string[] {
  const all = readdirSync(directory, { recursive: true, withFileTypes: true })
  return all.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
}

it('are started by Node', async () => {
  const server = await serve(node, {
    config: 'mounts:\n  /a: { cgi: a.sh, warm: auto }\n',
    files: { 'a.sh': `${plain}echo ran\n` },
  })
  expect((await ask(server.port, '/a')).body).toBe('ran\n')
  expect(isAlive(launcherOf(server))).toBe(true)
  expect(server.stderr()).toMatch(/mount +\/a +cgi .*no Python was found/)
})

it('are started by Node where the only Python is too old', async () => {
  const old = scratch({ 'python3.6': '#!/bin/sh\necho "not this one" >&2; exit 3\n' })
  symlinkSync(join(old, 'python3.6'), join(old, 'python3'))
  chmodSync(join(old, 'python3.6'), 0o755)
  const server = await serve(node, {
    config: 'mounts:\n  /a: { cgi: a.sh }\n',
    files: { 'a.sh': `${plain}echo ran\n` },
    environment: { PATH: `${old}:${withoutPython().PATH ?? ''}` },
  })
  expect((await ask(server.port, '/a')).body).toBe('ran\n')
  expect(isAlive(launcherOf(server))).toBe(true)
})

it('are refused where a Python was wanted', async () => {
  const check = async (mount: string): Promise<string> => {
    const directory = scratch({
      'bin/a.sh': plain,
      'portico.yaml': `mounts:\n  /a: { cgi: bin, ${mount} }\n`,
    })
    const environment = { PATH: withoutPython().PATH ?? '' }
    const { code, stderr } = await portico(['check'], { directory, environment })
    return `${code} ${stderr}`
  }
  expect(await check('symlinks: any')).toMatch(/^0 /)
  expect(await check('warm: true')).toMatch(
    /^78 .*warm: scripts cannot be warm: .*no Python 3.8 or newer was found/,
  )
  expect(await check('python: python3')).toMatch(/^78 .*python: the interpreter ".*" does not exist/)
})

it('have every limit that is given', async () => {
  const limits = 'cpu: 7s, memory: 1GiB, descriptors: 77, processes: 5000, file_size: 1MiB'
  const server = await serve(node, {
    config: `mounts:\n  /a: { cgi: a.sh, limits: { ${limits} } }\n`,
    files: { 'a.sh': `${plain}exec cat /proc/self/limits\n` },
  })
  const { body } = await ask(server.port, '/a')
  expect(body).toMatch(/^Max cpu time +7 +8 /m)
  expect(body).toMatch(/^Max address space +1073741824 +1073741824 /m)
  expect(body).toMatch(/^Max open files +77 +77 /m)
  expect(body).toMatch(/^Max processes +5000 +5000 /m)
  expect(body).toMatch(/^Max file size +1048576 +1048576 /m)
})

it('are seen by "portico ps" and ended by "portico kill"', async () => {
  const server = await serve(node, {
    config: 'runtime: run\nmounts:\n  /a: { cgi: a.sh }\n',
    files: { 'a.sh': `${plain}echo begun\nexec sleep 60\n` },
  })
  const client = await Client.open(server.port)
  client.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until('its first line', (text) => text.includes('begun'))
  const { directory } = server
  const listed = JSON.parse((await portico(['ps', '--json'], { directory })).stdout) as { id: string }[]
  const id = listed[0]?.id ?? ''
  expect((await portico(['stack', id], { directory })).stdout).toMatch(/pid \d+, for .* s: .*a\.sh/)
  expect((await portico(['kill', id], { directory })).code).toBe(0)
  expect((await client.answer()).complete).toBe(false)
  client.destroy()
})

it('end when their client goes that have not read their input', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portico-unread-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const server = await serve(node, {
    config: 'mounts:\n  /a: { cgi: a.sh }\n',
    files: {
      'a.sh': `#!/bin/sh\necho $$ >${directory}/new; mv ${directory}/new ${directory}/pid\nexec sleep 60\n`,
    },
  })
  const client = await Client.open(server.port)
  const bytes = 8 * 1024 * 1024
  client.send(`POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`)
  client.send(Buffer.alloc(bytes))
  const path = join(directory, 'pid')
  const pid = await eventually('the script', () =>
    existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined,
  )
  client.socket.resetAndDestroy()
  await eventually('its end', () => (isAlive(pid) ? undefined : true))
})

it('leave no process, no descriptor and no file, whenever their clients go', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'portico-left-'))
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }))
  const source = `${plain}sleep 0.0$(($$ % 4))\ncat\necho done\n`
  const server = await serve(node, {
    config: 'runtime: run\nmounts:\n  /a: { cgi: a.sh, concurrency: 16, limits: { queue: 2000 } }\n',
    files: { 'a.sh': source },
    environment: { TMPDIR: temporary },
  })
  const { ask: asked } = siteOf(server)
  const launcher = launcherOf(server)
  /** But its connections, of which the HTTP process keeps as many as it likes. */
  const descriptors = (): number =>
    readdirSync(`/proc/${launcher}/fd`).filter(
      (name) => !kindOf(`/proc/${launcher}/fd/${name}`).startsWith('socket'),
    ).length
  const files = (): string => [...filesBelow(join(server.directory, 'run')), ...filesBelow(temporary)].join()
  const body = 'x'.repeat(3000)
  // All places have had a connection and the stock of pipes is full.
  await Promise.all(Array.from({ length: 32 }, () => asked('/a', { method: 'POST', body })))
  const rest = (): string => `${files()} ${processTree(launcher).length} processes`
  const before = await settled(() => `${descriptors()} ${rest()}`)
  let answered = 0
  const one = async (i: number): Promise<void> => {
    if (i % 3 === 0) {
      const said = await asked('/a', { method: 'POST', body })
      if (said.body === `${body}done\n`) answered += 1
      return
    }
    const client = await Client.open(server.port)
    client.send(
      `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${i % 5 === 0 ? '' : body}`,
    )
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40))
    client.socket.resetAndDestroy()
  }
  let next = 0
  const lane = async (): Promise<void> => {
    for (let i = next++; i < 1000; i = next++) await one(i)
  }
  await Promise.all(Array.from({ length: 24 }, lane))
  expect(answered).toBe(334)
  const after = await settled(() => `${descriptors()} ${rest()}`)
  expect(after.replace(/^\d+ /, '')).toBe(before.replace(/^\d+ /, ''))
  // The stock holds the pipes of one script more, or one less.
  expect(Number.parseInt(after, 10) - Number.parseInt(before, 10)).toBeLessThanOrEqual(8)
  expect(isAlive(launcher)).toBe(true)
  expect((await asked('/a')).body).toBe('done\n')
})

function kindOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // that of the listing itself
  }
}

/** What is said for a while: scripts whose client has gone may take three seconds to end. */
async function settled(look: () => string): Promise<string> {
  let last = ''
  let times = 0
  return eventually('the same for a while', () => {
    const now = look()
    times = now === last ? times + 1 : 0
    last = now
    return times >= 20 ? now : undefined
  })
}
