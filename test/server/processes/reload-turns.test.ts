// Reloads that follow one another, change how applications live, or fail halfway: nobody waits for what goes away, and what
// was refused has changed nothing.

import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { ask } from '../cli/ask.ts'

const application = `
import os, time
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if environ['PATH_INFO'] == '/waits':
        def blocks():
            yield b'begun '
            while not os.path.exists('go'): time.sleep(0.01)
            yield b'ended'
        return blocks()
    return [(os.environ.get('WHO', '') + ' ' + ('embedded' if environ['wsgi.multiprocess'] is False else 'daemon')).encode()]
`

const count = (server: RunningPortico, event: string): number =>
  server
    .stderr()
    .split('\n')
    .filter((line) => line.includes(` ${event} `)).length

async function reload(server: RunningPortico, config: string): Promise<'done' | 'refused'> {
  const [done, refused] = [count(server, 'server.reloaded'), count(server, 'server.reload_refused')]
  writeFileSync(join(server.directory, 'portico.yaml'), config)
  server.kill('SIGHUP')
  return eventually('the reload ends', () => {
    if (count(server, 'server.reloaded') > done) return 'done'
    return count(server, 'server.reload_refused') > refused ? 'refused' : undefined
  })
}

/** An application whose settings are given; several processes, so that a daemon says that it is one. */
const app = (settings: string) => `wsgi: app:application, directory: ., threads: 2, processes: 2, ${settings}`
const body = async (server: RunningPortico, path: string) => (await ask(server.port, path)).body

it('keeps no thread for an HTTP process that goes away', async () => {
  const config = (seconds: number) =>
    `limits: { head_time: ${seconds}s }\nmounts: { /: { ${app('environment: {}').replace('processes: 2', 'processes: 1')} } }\n`
  const server = await startPortico({ config: config(10), files: { 'app.py': application } })
  // One connection that stays idle, and an answer that takes one of the two threads.
  const idle = connect(server.port, '127.0.0.1')
  idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise((resolve) => idle.once('data', resolve))
  const waits = await fetch(`${server.url}/waits`)
  expect(await reload(server, config(11))).toBe('done')
  expect(await within(5000, body(server, '/'), 'an answer by the new process')).toBe(' embedded')
  // The old one takes a thread only for as long as it needs one.
  idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await within(5000, new Promise((resolve) => idle.once('data', resolve)), 'an answer by the old process')
  expect(await within(5000, body(server, '/'), 'another')).toBe(' embedded')
  writeFileSync(join(server.directory, 'go'), '')
  expect(await waits.text()).toBe('begun ended')
  idle.destroy()
})

it('turns a daemon into an embedded application and back', async () => {
  const config = (settings: string) => `mounts: { /: { ${app(settings)} } }\n`
  const server = await startPortico({ config: config('mode: daemon'), files: { 'app.py': application } })
  for (const mode of ['embedded', 'daemon', 'embedded']) {
    expect(await reload(server, config(`mode: ${mode}`))).toBe('done')
    for (let times = 0; times < 4; times++) expect(await body(server, '/')).toBe(` ${mode}`)
  }
  // A daemon that does not start leaves the embedded one alone.
  writeFileSync(join(server.directory, 'app.py'), "raise ValueError('broken')\n")
  expect(await reload(server, config('mode: daemon'))).toBe('refused')
  for (let times = 0; times < 4; times++) expect(await body(server, '/')).toBe(' embedded')
})

it('that is refused has changed no application', async () => {
  const config = (a: string, b: string) =>
    `applications:\n  a: { ${app(a)} }\n  b: { ${app(b)} }\nmounts: { /a: a, /b: b }\n`
  const server = await startPortico({
    config: config('environment: { WHO: old }', 'environment: { WHO: b }'),
    files: { 'app.py': application },
  })
  await eventually('all workers', () => (count(server, 'worker.ready') === 4 ? true : undefined))
  const refused = config('environment: { WHO: new }', 'environment: { WHO: b }').replace(
    'b: { wsgi: app:application',
    'b: { wsgi: app:nothing',
  )
  expect(await reload(server, refused.replaceAll('processes: 2', 'processes: 1'))).toBe('refused')
  for (let times = 0; times < 8; times++) expect(await body(server, '/a')).toBe('old daemon')
  expect(await body(server, '/b')).toBe('b daemon')
  // Neither more nor fewer workers than before: what was started for it has ended.
  await eventually('the new workers end', () =>
    count(server, 'worker.start') - count(server, 'worker.retired') - count(server, 'worker.failed') === 4
      ? true
      : undefined,
  )
  expect(await reload(server, config('environment: { WHO: new }', 'environment: { WHO: b }'))).toBe('done')
  expect(await body(server, '/a')).toBe('new daemon')
})

it('lets an application that is gone finish for every process that had it, and takes it back while it ends', async () => {
  const config = (mounts: string, more = '') => `${more}mounts: { /f: { files: . }${mounts} }\n`
  const mounted = `, /a: { ${app('limits: { stop_time: 1s }')} }`
  const server = await startPortico({ config: config(mounted), files: { 'app.py': application } })
  const waits = await fetch(`${server.url}/a/waits`)
  expect(await reload(server, config(mounted, 'headers: { X-A: b }\n'))).toBe('done')
  expect(await reload(server, config(''))).toBe('done')
  expect((await ask(server.port, '/a')).status).toBe(404)
  expect(await reload(server, config(mounted))).toBe('done')
  expect(await body(server, '/a')).toBe(' daemon')
  writeFileSync(join(server.directory, 'go'), '')
  expect(await waits.text()).toBe('begun ended')
})
