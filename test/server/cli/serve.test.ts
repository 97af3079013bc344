// The ways to name what is served, the flags that win over the file, and the table at the start.

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freePort } from '../../double/free-port.ts'
import { startPortico } from '../../double/server.ts'
import { ask } from './ask.ts'
import { scratch } from './command.ts'

const application = `def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    words = [environ['SCRIPT_NAME'], environ['PATH_INFO'], str(environ['wsgi.multiprocess']), str(environ['wsgi.multithread'])]
    return ['|'.join(words).encode('latin-1')]

def make():
    return application
`

const any = ['--listen', '127.0.0.1:0']

it.each([
  ['module:callable', 'shop:application'],
  ['module:factory()', 'shop:make()'],
  ['a Python file', 'shop.py'],
])('serves %s from the current directory', async (_, what) => {
  const directory = scratch({ 'shop.py': application })
  const server = await startPortico({ args: ['serve', what, ...any], cwd: directory })
  expect((await ask(server.port, '/a/b')).body).toBe('|/a/b|True|True')
  expect(server.stderr()).toContain('named on the command line')
})

it('serves a directory without a configuration and says what it found', async () => {
  const server = await startPortico({ files: { 'wsgi.py': application } })
  expect((await ask(server.port, '/a')).body).toMatch(/^\|\/a\|/)
  expect(server.stderr()).toMatch(/wsgi\.py/)
})

it('serves the files of a directory', async () => {
  const server = await startPortico({ files: { 'index.html': 'home', 'a/b.txt': 'deep' } })
  expect((await ask(server.port, '/')).body).toBe('home')
  expect((await ask(server.port, '/a/b.txt')).body).toBe('deep')
})

it('prefers the portico.yaml of a directory to what else is in it', async () => {
  const directory = scratch({
    'portico.yaml': 'mounts: { /: { files: other } }\n',
    'index.html': 'not this',
    'other/index.html': 'this',
  })
  const server = await startPortico({ args: ['serve', directory, ...any] })
  expect((await ask(server.port, '/')).body).toBe('this')
})

it('takes the configuration that --config names', async () => {
  const directory = scratch({
    'here.yaml': 'mounts: { /: { files: www } }\n',
    'www/index.html': 'by --config',
  })
  const server = await startPortico({ args: ['--config', join(directory, 'here.yaml'), ...any] })
  expect((await ask(server.port, '/')).body).toBe('by --config')
  expect(server.stderr()).toContain(`   ${directory}/here.yaml\n`)
})

it('listens on every address that --listen names, in place of those in the file', async () => {
  const taken = await freePort()
  const directory = scratch({
    'portico.yaml': `listen: "127.0.0.1:${taken}"\nmounts: { /: { files: . } }\n`,
    'index.html': 'here',
  })
  const server = await startPortico({ args: ['serve', directory, ...any, '--listen', '127.0.0.1:0'] })
  const ports = [...server.stderr().matchAll(/^listen {3}http:\/\/127\.0\.0\.1:(\d+)$/gm)].map((found) =>
    Number(found[1]),
  )
  expect(ports).toHaveLength(2)
  expect(new Set(ports).size).toBe(2)
  for (const port of ports) expect((await ask(port, '/')).body).toBe('here')
  await expect(ask(taken, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

it('shows listeners, mounts and applications in a table, with the flags in force', async () => {
  const server = await startPortico({
    config: `applications: { shop: { wsgi: "shop:application", processes: 2, threads: 2 } }
mounts: { /: { files: public }, /shop: shop, /go: { redirect: /shop, status: 301 } }
sites: [{ hosts: [other.test], mounts: { /: shop } }]
`,
    files: { 'shop.py': application, 'public/index.html': '' },
    args: ['--processes', '1', '--threads', '3'],
  })
  const table = server
    .stderr()
    .split('\n')
    .filter((line) => /^(portico|listen|mount|ready) /.test(line))
  expect(table.map((line) => line.replace(/ +/g, ' ').replaceAll(server.directory, 'DIR'))).toEqual([
    expect.stringMatching(/^portico \d+\.\d+\.\d+ node \S+ pid \d+ DIR\/portico\.yaml$/),
    `listen ${server.url}`,
    'mount / files DIR/public',
    expect.stringMatching(/^mount \/shop wsgi shop:application daemon, 1 process x 3 threads, \/\S+$/),
    'mount /go redirect 301 /shop',
    expect.stringMatching(/^mount other\.test\/ wsgi shop:application daemon, 1 process x 3 threads, \/\S+$/),
    expect.stringMatching(new RegExp(`^ready ${server.url} in \\d+ ms$`)),
  ])
  expect((await ask(server.port, '/shop/x')).body).toBe('/shop|/x|False|True')
})
