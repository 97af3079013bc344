// Where `portico fastcgi` does not start: what it says, once, and with which exit code.

import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { portico } from '../cli/command.ts'
import { openDirectory } from './responder.ts'

const python = ['--python', '/usr/bin/python3']

it('says why the application cannot be imported, with the traceback', async () => {
  const directory = openDirectory({
    'broken.py': 'def make():\n    return nothing\n\napplication = make()\n',
  })
  const socket = join(directory, 'app.sock')
  const { code, stderr } = await portico(
    ['fastcgi', 'broken:application', '--bind', `unix:${socket}`, ...python],
    { directory },
  )
  expect(code).toBe(1)
  expect(stderr).toContain(`NameError: name 'nothing' is not defined`)
  expect(stderr.split(`File "${directory}/broken.py", line 2, in make`).length).toBe(2)
  expect(stderr).not.toContain('ready')
  expect(existsSync(socket)).toBe(false)
})

it('leaves a socket alone on which somebody listens', async () => {
  const directory = openDirectory({ 'app.py': 'def application(environ, start_response): pass\n' })
  const socket = join(directory, 'app.sock')
  const server = createServer().listen(socket)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { code, stderr } = await portico(
    ['fastcgi', 'app:application', '--bind', `unix:${socket}`, ...python],
    { directory },
  )
  expect([code, existsSync(socket)]).toEqual([1, true])
  expect(stderr).toMatch(new RegExp(`"unix:${socket}": process ${process.pid} \\(.+\\) listens there\n`))
  expect(stderr).toContain('choose another address with --bind\n')
})

it('lists the applications of a portico.yaml where the name is none of them', async () => {
  const directory = openDirectory({
    'app.py': 'def application(environ, start_response): pass\n',
    'portico.yaml':
      'applications: { shop: { wsgi: "app:application" }, wiki: { wsgi: "app:application" } }\nmounts: { /: shop, /w: wiki }\n',
  })
  const words = ['fastcgi', 'shopp', '--config', join(directory, 'portico.yaml'), '--bind', 'unix:a.sock']
  const { code, stderr } = await portico(words, { directory })
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/\n {2}Did you mean "shop"\? Its applications are "shop", "wiki"\n$/),
  ])
})

it('leaves a file alone that is no socket', async () => {
  const directory = openDirectory({ 'app.py': 'def application(environ, start_response): pass\n' })
  const file = join(directory, 'app.sock')
  writeFileSync(file, 'precious')
  const { code, stderr } = await portico(
    ['fastcgi', 'app:application', '--bind', `unix:${file}`, ...python],
    { directory },
  )
  expect([code, existsSync(file)]).toEqual([1, true])
  expect(stderr).toContain('is not a socket')
})

it.each([
  ['no socket at all', ['fastcgi', 'app'], /^nobody has handed it a socket, .+\n {2}Name one: --bind unix:/],
  ['an application that is none', ['fastcgi', '', '--bind', 'unix:a.sock'], /^application: /],
  ['no application', ['fastcgi'], /missing required argument 'application'/],
  ['two applications', ['scgi', 'app:application', 'other', '--bind', 'unix:a.sock'], /too many arguments/],
  [
    'an unknown flag',
    ['fastcgi', 'app:application', '--thread', '4'],
    /unknown option '--thread'\n\(Did you mean --threads\?\)/,
  ],
  [
    'a wrong address',
    ['fastcgi', 'app:application', '--bind', 'localhost'],
    /^--bind: "localhost" is not an /,
  ],
  [
    'a wrong number',
    ['fastcgi', 'app:application', '--bind', 'unix:a.sock', '--threads', '0'],
    /^--threads: "0" is not /,
  ],
  [
    'a wrong queue',
    ['scgi', 'app:application', '--bind', 'unix:a.sock', '--queue', 'x'],
    /^"x" is not a whole number\n/,
  ],
  [
    'a wrong mode',
    ['scgi', 'app:application', '--bind', 'unix:a.sock', '--socket-mode', '999'],
    /^"999" is not the mode of/,
  ],
  [
    'a wrong path',
    ['scgi', 'app:application', '--bind', 'unix:a.sock', '--script-name', 'shop'],
    /^"shop" is no path\n/,
  ],
  [
    'an unknown server',
    ['scgi', 'app:application', '--snippet', 'iis'],
    /^"iis" is none of nginx, apache, lighttpd\n/,
  ],
  [
    'a snippet without an address',
    ['scgi', 'app:application', '--snippet', 'nginx'],
    /^--snippet needs --bind as well\n/,
  ],
  [
    'a module without its callable',
    ['fastcgi', 'app', '--bind', 'unix:a.sock'],
    /^application: "app" names a module/,
  ],
  [
    'a directory that is not there',
    ['fastcgi', 'app.py', '--bind', 'unix:a', '--directory', 'none'],
    /^--directory: /,
  ],
  [
    'what stands in the configuration',
    ['scgi', 'shop', '--config', 'x', '--bind', 'unix:a', '--user', 'a'],
    /^--user has/,
  ],
])('refuses %s with exit code 2 and one message', async (_, words, message) => {
  const directory = openDirectory({ 'app.py': 'def application(environ, start_response): pass\n' })
  const { code, stdout, stderr } = await portico([...words], { directory })
  expect(stderr).toMatch(message)
  expect(stderr.trim().split('\n').length).toBeLessThan(4)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
