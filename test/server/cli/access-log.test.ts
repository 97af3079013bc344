// The access log as its readers see it: lines on stdout or in a file, in each format, one for each request.

import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, eventually } from './ask.ts'

// LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"" of Apache's mod_log_config.
const text = '"((?:[^"\\\\\\x00-\\x1f\\x7f-\\uffff]|\\\\.)*)"'
const time = '\\[(\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4})\\]'
const commonPattern = `^(\\S+) (\\S+) (\\S+) ${time} ${text} (\\d{3}) (\\d+|-)`
const tail = ' ([0-9a-z-]+) (\\d+\\.\\d)$'
const combined = new RegExp(`${commonPattern} ${text} ${text}${tail}`)
const common = new RegExp(`${commonPattern}${tail}`)

const files = { 'public/a.txt': 'twelve bytes', 'public/health/live': 'ok' }

function config(log: string): string {
  return `log: { ${log} }\nmounts: { /: { files: public } }\n`
}

/** The lines of stdout, once there are so many. */
function lines(said: () => string, count: number): Promise<string[]> {
  return eventually(() => {
    const complete = said().split('\n').slice(0, -1)
    expect(complete).toHaveLength(count)
    return complete
  })
}

it('is in the combined format of Apache on stdout, with request id and milliseconds at the end', async () => {
  const server = await startPortico({ config: config(''), files })
  const fields = ['Referer: http://from.test/"x"', 'User-Agent: Some/1.0 (a "b" \\c)']
  await ask(server.port, '/a.txt?q=1', { fields })
  const missing = await ask(server.port, '/b.txt')
  const [first = '', second = ''] = await lines(() => server.stdout(), 2)
  expect(combined.exec(first)?.slice(1)).toEqual([
    '127.0.0.1',
    '-',
    '-',
    expect.any(String),
    'GET /a.txt?q=1 HTTP/1.1',
    '200',
    '12',
    'http://from.test/\\"x\\"',
    'Some/1.0 (a \\"b\\" \\\\c)',
    expect.any(String),
    expect.any(String),
  ])
  const [, , , , date = '', , status, , referer, agent, id] = combined.exec(second) ?? []
  expect({ status, referer, agent, id }).toEqual({
    status: '404',
    referer: '-',
    agent: '-',
    id: missing.fields.get('x-request-id'),
  })
  const [day, month, year, ...clock] = date.split(/[/: ]/)
  const zoned = `${day} ${month} ${year} ${clock.slice(0, 3).join(':')} ${clock[3]}`
  expect(Math.abs(Date.parse(zoned) - Date.now())).toBeLessThan(60_000)
})

it('has a line for a HEAD, a 1.0 request and one that is malformed', async () => {
  const server = await startPortico({ config: config('format: combined'), files })
  await ask(server.port, '/a.txt', { method: 'HEAD' })
  await rawExchange(server.port, 'GET /a.txt HTTP/1.0\r\n\r\n')
  await rawExchange(server.port, 'nonsense\r\n\r\n')
  const found = (await lines(() => server.stdout(), 3)).map((line) => combined.exec(line)?.slice(5, 8))
  expect(found).toEqual([
    ['HEAD /a.txt HTTP/1.1', '200', '-'],
    ['GET /a.txt HTTP/1.0', '200', '12'],
    ['-', '400', expect.stringMatching(/^\d+$/)],
  ])
})

it('is in the common format when asked', async () => {
  const server = await startPortico({ config: config('format: common'), files })
  await ask(server.port, '/a.txt')
  const [line = ''] = await lines(() => server.stdout(), 1)
  expect(common.exec(line)?.slice(5, 8)).toEqual(['GET /a.txt HTTP/1.1', '200', '12'])
})

it('is one JSON object a line when asked', async () => {
  const server = await startPortico({ config: config('format: json'), files })
  await ask(server.port, '/a.txt?x', { host: 'Shop.Test:81', fields: ['User-Agent: caf\xc3\xa9'] })
  const [line = ''] = await lines(() => server.stdout(), 1)
  expect(JSON.parse(line)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    remote_address: '127.0.0.1',
    user: '',
    host: 'shop.test',
    method: 'GET',
    target: '/a.txt?x',
    version: '1.1',
    status: 200,
    sent_bytes: 12,
    referer: '',
    user_agent: 'caf\xc3\xa9',
    request_id: expect.stringMatching(/^\S+$/),
    took_ms: expect.any(Number),
    mount: '/',
    worker: '',
  })
})

it('leaves out what log.exclude names, and what lies below it', async () => {
  const server = await startPortico({ config: config('exclude: ["/health"]'), files })
  for (const target of ['/health/live', '/health/live?x=1', '/health', '/healthy', '/a.txt'])
    await ask(server.port, target)
  const found = (await lines(() => server.stdout(), 2)).map((line) => combined.exec(line)?.[5])
  expect(found).toEqual(['GET /healthy HTTP/1.1', 'GET /a.txt HTTP/1.1'])
})

it('does not leave out what only goes through an excluded path', async () => {
  const server = await startPortico({ config: config('exclude: ["/health"]'), files })
  for (const target of ['/health/../a.txt', '//health/live', '/he%61lth', 'http://localhost/health/live'])
    await ask(server.port, target)
  const [line = ''] = await lines(() => server.stdout(), 1)
  expect(combined.exec(line)?.[5]).toBe('GET /health/../a.txt HTTP/1.1')
})

const siteLogs = `log: { access: main.log, exclude: [/health] }
mounts: { /: { files: public } }
sites:
  - hosts: [a.test, "*.a.test"]
    log: { access: sites.log, format: common, exclude: [] }
    mounts: { /x: { files: public } }
  - { hosts: [b.test], log: { access: sites.log, format: json }, mounts: { /: { files: public } } }
  - { hosts: [c.test], log: { access: off }, mounts: { /: { files: public } } }
  - { hosts: [d.test], mounts: { /: { files: public } } }
`

it('is that of the site where it has one; two sites may share a file', async () => {
  const server = await startPortico({ config: siteLogs, files })
  const read = (name: string) => readFileSync(join(server.directory, name), 'utf8')
  for (const host of ['a.test', 'www.a.test', 'B.test:80', 'c.test', 'd.test', 'other.test']) {
    await ask(server.port, '/health/live', { host })
    await ask(server.port, `/a.txt?${host}`, { host })
  }
  const [missing = '', , , , last = ''] = await lines(() => read('sites.log'), 5)
  expect(common.exec(missing)?.slice(5, 7)).toEqual(['GET /health/live HTTP/1.1', '404'])
  expect(JSON.parse(last)).toMatchObject({ host: 'b.test', target: '/a.txt?B.test:80', status: 200 })
  const main = await lines(() => read('main.log'), 2)
  expect(main.map((line) => combined.exec(line)?.[5])).toEqual([
    'GET /a.txt?d.test HTTP/1.1',
    'GET /a.txt?other.test HTTP/1.1',
  ])
})

it('is opened anew for every site on SIGUSR1', async () => {
  const server = await startPortico({ config: siteLogs, files })
  const path = join(server.directory, 'sites.log')
  await ask(server.port, '/?1', { host: 'a.test' })
  await lines(() => readFileSync(path, 'utf8'), 1)
  renameSync(path, `${path}.1`)
  server.kill('SIGUSR1')
  await eventually(() => expect(existsSync(path)).toBe(true))
  await ask(server.port, '/?2', { host: 'b.test' })
  const [line = ''] = await lines(() => readFileSync(path, 'utf8'), 1)
  expect(JSON.parse(line)).toMatchObject({ target: '/?2' })
  expect(readFileSync(`${path}.1`, 'utf8')).not.toContain('/?2')
})

it('goes to a file, by a path relative to the configuration, and is appended to', async () => {
  const server = await startPortico({
    config: config('access: access.log'),
    files: { ...files, 'access.log': 'before\n' },
  })
  await ask(server.port, '/a.txt')
  const path = join(server.directory, 'access.log')
  const [before, line = ''] = await lines(() => readFileSync(path, 'utf8'), 2)
  expect(before).toBe('before')
  expect(line).toMatch(combined)
  expect(server.stdout()).toBe('')
})

it('is written to the end when the server stops', async () => {
  const server = await startPortico({ config: config(''), files })
  await Promise.all(Array.from({ length: 20 }, () => ask(server.port, '/a.txt')))
  await server.stop()
  expect(server.stdout().split('\n')).toHaveLength(21)
})

it('is nothing when it is off', async () => {
  const server = await startPortico({ config: config('access: off'), files })
  await ask(server.port, '/a.txt')
  await server.stop()
  expect(server.stdout()).toBe('')
})
