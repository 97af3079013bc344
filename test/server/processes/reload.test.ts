// Reload: new code and another configuration take the place of what runs without a request lost; what fails changes nothing.

import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { freePort } from '../../double/free-port.ts'
import { load } from '../../double/load.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { ask } from '../cli/ask.ts'

const version = (n: number, more = ''): string =>
  `import os, time\nVERSION = ${n}\n${more}\ndef application(environ, start_response):\n` +
  "    start_response('200 OK', [])\n" +
  "    if environ['PATH_INFO'] != '/waits':\n        time.sleep(0.005)\n        return [b'%d' % VERSION]\n" +
  "    def blocks():\n        yield b'begun '\n        while not os.path.exists('go'): time.sleep(0.01)\n" +
  "        yield b'%d' % VERSION\n    return blocks()\n"

const count = (server: RunningPortico, event: string): number =>
  server
    .stderr()
    .split('\n')
    .filter((line) => line.includes(` ${event} `)).length

/** Sends SIGHUP and waits for what becomes of it. */
async function reload(server: RunningPortico): Promise<'done' | 'refused'> {
  const [done, refused] = [count(server, 'server.reloaded'), count(server, 'server.reload_refused')]
  server.kill('SIGHUP')
  return eventually('the reload ends', () => {
    if (count(server, 'server.reloaded') > done) return 'done'
    return count(server, 'server.reload_refused') > refused ? 'refused' : undefined
  })
}

/** On a connection of its own: one that is kept is answered once more by the process that had it. */
const body = async (url: string): Promise<string> => {
  const { port, pathname } = new URL(url)
  return (await ask(Number(port), pathname)).body
}

describe('new code', () => {
  const config = 'mounts: { /: { wsgi: app:application, processes: 2, threads: 2 } }\nlog: { access: off }\n'

  it('takes over under load without a request lost, and never goes back on a connection', async () => {
    const server = await startPortico({ config, files: { 'app.py': version(0) } })
    const reloads = 10
    let reloaded = 0
    const reloading = (async () => {
      while (reloaded < reloads) {
        writeFileSync(join(server.directory, 'app.py'), version(reloaded + 1))
        expect(await reload(server)).toBe('done')
        reloaded++
      }
    })()
    const versions = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const seen: string[] = []
        do {
          const answers = await load({ url: server.url, requests: 40, connections: 1, path: () => '/' })
          seen.push(
            ...answers.map(({ status, body: text, error }) => (status === 200 ? text : `${status} ${error}`)),
          )
        } while (reloaded < reloads)
        return seen
      }),
    )
    await reloading
    for (const seen of versions) {
      expect(seen.filter((one) => !/^\d+$/.test(one))).toEqual([])
      expect(seen.map(Number)).toEqual(seen.map(Number).toSorted((a, b) => a - b))
    }
    expect(new Set(versions.flat()).size).toBeGreaterThan(3)
    expect(await body(server.url)).toBe(String(reloads))
  })

  it('that fails leaves the old code at work, says why once, and is not tried again unasked', async () => {
    const server = await startPortico({ config, files: { 'app.py': version(1) } })
    await eventually('both workers', () => (count(server, 'worker.ready') === 2 ? true : undefined))
    writeFileSync(join(server.directory, 'app.py'), version(2, "raise ValueError('broken')"))
    const [outcome, answers] = await Promise.all([
      reload(server),
      load({ url: server.url, requests: 200, connections: 4, path: () => '/' }),
    ])
    expect(outcome).toBe('refused')
    expect(answers.filter(({ body: text }) => text !== '1')).toEqual([])
    expect(server.stderr()).toContain('The new code fails, the old code keeps answering')
    expect(server.stderr().split('Traceback').length - 1).toBe(1)
    const starts = count(server, 'worker.start')
    writeFileSync(join(server.directory, 'app.py'), version(3))
    expect(await body(server.url)).toBe('1')
    expect(count(server, 'worker.start')).toBe(starts)
    expect(await reload(server)).toBe('done')
    expect(await body(server.url)).toBe('3')
  })

  it.each(['daemon', 'embedded'])(
    'that does not answer for its health does not take over: %s',
    async (mode) => {
      const lazy = (state: string) =>
        'VERSION = ' +
        (state === 'well' ? '1' : '2') +
        `\ndef application(environ, start_response):\n    if environ['HTTP_HOST'] == 'shop.example' and ${state === 'well' ? 'False' : 'True'}:\n` +
        (state === 'raises'
          ? "        raise ValueError('no table')\n"
          : "        start_response('503 Away', []); return [b'away']\n") +
        "    start_response('200 OK', []); return [f\"{environ['SCRIPT_NAME']}{environ['PATH_INFO']} {VERSION}\".encode()]\n"
      const server = await startPortico({
        config:
          `applications: { shop: { wsgi: app:application, directory: ., mode: ${mode}, threads: 2, health: /healthz } }\n` +
          'mounts: { /x: { files: . } }\nsites: [{ hosts: [shop.example], mounts: { /shop: shop } }]\n',
        files: { 'app.py': lazy('well') },
      })
      const ask1 = async () => (await ask(server.port, '/shop/a', { host: 'shop.example' })).body
      expect(await ask1()).toBe('/shop/a 1')
      writeFileSync(join(server.directory, 'app.py'), lazy('away'))
      expect(await reload(server)).toBe('refused')
      expect(server.stderr()).toContain('answered "503 Away" when it was asked for /healthz')
      writeFileSync(join(server.directory, 'app.py'), lazy('raises'))
      expect(await reload(server)).toBe('refused')
      expect(server.stderr()).toContain('ValueError: no table')
      expect(await ask1()).toBe('/shop/a 1')
    },
  )

  it('lets an answer finish that was begun', async () => {
    const server = await startPortico({ config, files: { 'app.py': version(1) } })
    const answer = await fetch(`${server.url}/waits`)
    writeFileSync(join(server.directory, 'app.py'), version(2))
    expect(await reload(server)).toBe('done')
    expect(await body(server.url)).toBe('2')
    writeFileSync(join(server.directory, 'go'), '')
    expect(await answer.text()).toBe('begun 1')
  })

  it('comes when tmp/restart.txt is touched, for its application alone', async () => {
    const server = await startPortico({
      config:
        'mounts:\n  /a: { wsgi: app:application, directory: a, processes: 1 }\n' +
        '  /b: { wsgi: app:application, directory: b, processes: 1 }\n',
      files: { 'a/app.py': version(1), 'b/app.py': version(1), 'a/tmp/restart.txt': '' },
    })
    writeFileSync(join(server.directory, 'a/app.py'), version(2))
    writeFileSync(join(server.directory, 'b/app.py'), version(2))
    const touched = join(server.directory, 'a/tmp/restart.txt')
    utimesSync(touched, new Date(), new Date(Date.now() + 5000))
    await eventually('a reload', () => (count(server, 'server.reloaded') === 1 ? true : undefined))
    expect([await body(`${server.url}/a`), await body(`${server.url}/b`)]).toEqual(['2', '1'])
    // One that was not there before.
    mkdirSync(join(server.directory, 'b/tmp'))
    writeFileSync(join(server.directory, 'b/tmp/restart.txt'), '')
    await eventually('another', () => (count(server, 'server.reloaded') === 2 ? true : undefined))
    expect(await body(`${server.url}/b`)).toBe('2')
  })

  it('of an embedded application comes with another HTTP process', async () => {
    const server = await startPortico({
      config: 'mounts: { /: { wsgi: app:application, mode: embedded, threads: 2 } }\n',
      files: { 'app.py': version(1) },
    })
    const answer = await fetch(`${server.url}/waits`)
    writeFileSync(join(server.directory, 'app.py'), version(2))
    const [outcome, answers] = await Promise.all([
      reload(server),
      load({ url: server.url, requests: 300, connections: 4, path: () => '/' }),
    ])
    expect(outcome).toBe('done')
    expect(answers.filter(({ body: text }) => text !== '1' && text !== '2')).toEqual([])
    expect(await body(server.url)).toBe('2')
    writeFileSync(join(server.directory, 'go'), '')
    expect(await answer.text()).toBe('begun 1')
    writeFileSync(join(server.directory, 'app.py'), version(3, "raise ValueError('broken')"))
    expect(await reload(server)).toBe('refused')
    expect(await body(server.url)).toBe('2')
    expect(server.stderr()).toContain('ValueError: broken')
  })
})

describe('another configuration', () => {
  it('opens new ports before the old ones close, and brings, changes and ends applications', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const server = await startPortico({
      config: `listen: [127.0.0.1:${port}]\nmounts: { /old: { wsgi: app:application, processes: 1 } }\n`,
      files: { 'app.py': version(1) },
    })
    const kept = connect(port, '127.0.0.1')
    kept.write('GET /old HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await received(kept, /\r\n\r\n1$/)).toContain('200 OK')
    write(server, `listen: [127.0.0.1:${other}]\nmounts: { /new: { wsgi: app:application, processes: 1 } }\n`)
    expect(await reload(server)).toBe('done')
    expect(await body(`http://127.0.0.1:${other}/new`)).toBe('1')
    await expect(fetch(`http://127.0.0.1:${port}/old`)).rejects.toThrow()
    // Who was connected is answered once more, by the old configuration, and told that this was the last answer.
    kept.write('GET /old HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await received(kept, /\r\n\r\n1$/)).toContain('Connection: close')
    await eventually('the old application ends', () =>
      server.stderr().includes('worker.retired application=old') ? true : undefined,
    )
  })

  it('that is wrong changes nothing, and every problem is told', async () => {
    const server = await startPortico({
      config: `listen: [127.0.0.1:${await freePort()}]\nmounts: { /: { wsgi: app:application, processes: 1 } }\n`,
      files: { 'app.py': version(1) },
    })
    const old = readFileSync(join(server.directory, 'portico.yaml'), 'utf8')
    const refused = async (config: string, ...why: string[]) => {
      write(server, config)
      const before = server.stderr().length
      expect(await reload(server)).toBe('refused')
      for (const text of why) expect(server.stderr().slice(before)).toContain(text)
      expect(await body(server.url)).toBe('1')
    }
    await refused('mounts: { /: { fils: . } }\nlogs: 1\n', 'portico.yaml:1:16', 'portico.yaml:2:1')
    await refused(`${old}user: nobody\n`, '"user" or "group" has changed', 'takes a restart')
    await refused(`${old}runtime: ${server.directory}/run\n`, '"runtime" has changed')
    await refused(
      old.replace('mounts: {', 'mounts: { /new: { wsgi: "app:nothing" },'),
      'new: it does not start',
      'The configuration stays as it was',
    )
    const taken = await startPortico({ config: 'mounts: { /: { files: . } }\n', files: { a: 'a' } })
    await refused(
      old.replace(/listen:.*\n/, `listen: [127.0.0.1:${server.port}, 127.0.0.1:${taken.port}]\n`),
      String(taken.port),
    )
    expect((await fetch(`${taken.url}/a`)).status).toBe(200)
    write(server, old.replace('mounts: {', 'mounts: { /f: { files: . },'))
    expect(await reload(server)).toBe('done')
    expect(await body(`${server.url}/f/app.py`)).toContain('VERSION = 1')
  })
})

function write(server: RunningPortico, config: string): void {
  writeFileSync(join(server.directory, 'portico.yaml'), config)
}

/** What comes until the pattern matches all of it. */
function received(socket: Socket, pattern: RegExp): Promise<string> {
  let text = ''
  const matched = new Promise<string>((resolve, reject) => {
    const take = (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (!pattern.test(text)) return
      socket.off('data', take)
      resolve(text)
    }
    socket.on('data', take)
    socket.once('error', reject)
  })
  return within(10_000, matched, String(pattern))
}
