// Applications that cannot be started: the server stays up, says once what, where and what to do, and tries again by itself.

import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { ask, eventually } from './ask.ts'
import { scratch } from './command.ts'

const good = `def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'repaired']
`

/** What stands in the table of a server that cannot start `wsgi`. */
async function failureOf(wsgi: string, files: Readonly<Record<string, string>>, more = ''): Promise<string> {
  const config = `applications: { shop: { wsgi: ${JSON.stringify(wsgi)}${more} } }\nmounts: { /: shop }\n`
  const server = await startPortico({ config, files })
  // The log has a way of its own to the terminal, and may come behind the table.
  const logged = await eventually(() => {
    const found = /error worker\.failed application=shop [^\n]*\n((?: {4}.*\n)+)/.exec(server.stderr())?.[1]
    expect(found).toBeDefined()
    return found ?? ''
  })
  const shown = /^failed {3}shop: (.*)\n {9}Its mounts answer 503 until it starts;/m.exec(
    server.stderr(),
  )?.[1]
  const text = logged.replace(/^ {4}/gm, '').replaceAll(server.directory, 'DIR')
  // The table has the first line; how it came about stands above, in the log.
  expect(text.split('\n')[0]).toBe(shown?.replaceAll(server.directory, 'DIR'))
  expect((await ask(server.port, '/')).status).toBe(503)
  return text
}

it('tells where a module raised, with its traceback', async () => {
  const text = await failureOf('boom:application', {
    'boom.py': 'x = 1\nraise RuntimeError("no database")\n',
  })
  expect(text).toMatch(
    /^Cannot load application "boom:application": importing "boom" raised RuntimeError: no database\n/,
  )
  expect(text).toContain('Traceback (most recent call last):\n  File "DIR/boom.py", line 2, in <module>\n')
})

it('tells where a module was looked for', async () => {
  expect(await failureOf('shopp.wsgi:app', { 'shop/wsgi.py': good, 'shop/__init__.py': '' })).toMatch(
    /^Cannot load application "shopp\.wsgi:app": module "shopp" was not found in "DIR" nor .*\nDid you mean "shop"\?\n$/,
  )
})

it('tells which callables a module has', async () => {
  expect(await failureOf('wsgi:app', { 'wsgi.py': good })).toMatch(
    /^Cannot load application "wsgi:app": module "wsgi" has no attribute "app" \(DIR\/wsgi\.py\)\n.*"application"/,
  )
})

it('tells what cannot be called', async () => {
  expect(await failureOf('wsgi:application', { 'wsgi.py': 'application = 3\n' })).toBe(
    'Cannot load application "wsgi:application": "application" is an int, which cannot be called\n' +
      'A WSGI application takes (environ, start_response)\n',
  )
})

it('names the interpreter that has the module', async () => {
  const place = scratch()
  execFileSync('python3', ['-m', 'venv', '--without-pip', join(place, 'venv')])
  const library = join(place, 'venv/lib')
  const [version = ''] = readdirSync(library)
  writeFileSync(join(library, version, 'site-packages/only_in_venv.py'), good)
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).trim()
  const more = `, directory: ${place}, python: ${python}`
  const text = await failureOf('only_in_venv:application', {}, more)
  expect(text).toContain(
    `module "only_in_venv" was not found in "${place}" nor elsewhere on the path of ${python}`,
  )
  expect(text).toContain(`\n"${place}/venv/bin/python" has it: set "python" to it\n`)
})

it('tells about an interpreter and a directory that have gone since the configuration was checked', async () => {
  const directory = scratch({ 'wsgi.py': good })
  const config = `applications: { shop: { wsgi: "wsgi:application", directory: ${directory}, processes: 1 } }\nmounts: { /: shop }\n`
  const server = await startPortico({ config })
  expect((await ask(server.port, '/')).body).toBe('repaired')
  rmSync(directory, { recursive: true })
  process.kill(workerOf(server), 'SIGKILL')
  await eventually(() =>
    expect(server.stderr()).toContain(
      `Cannot enter the directory of application "shop", "${directory}": No such file or directory\n    Correct "directory"`,
    ),
  )
  expect((await ask(server.port, '/')).status).toBe(503)
})

it('tells about an interpreter that cannot be executed', async () => {
  const place = scratch({ 'bin/python3': '#!/no/such/program\n' })
  chmodSync(join(place, 'bin/python3'), 0o755)
  expect(await failureOf('wsgi:application', { 'wsgi.py': good }, `, python: ${place}/bin/python3`)).toMatch(
    /^Cannot start application "shop": ".+\/bin\/python3" is a script whose first line names "\/no\/such\/program", .+\nSet python: to an interpreter/,
  )
})

it('stays up, answers 503 on the mount and files beside it, and serves the application once it is repaired', async () => {
  const server = await startPortico({
    config:
      'applications: { shop: { wsgi: "wsgi:application", processes: 1 } }\nmounts: { /: { files: public }, /shop: shop }\n',
    files: { 'wsgi.py': 'import no_such_module_anywhere\n', 'public/index.html': 'home' },
  })
  expect(await ask(server.port, '/')).toMatchObject({ status: 200, body: 'home' })
  const refused = await ask(server.port, '/shop/cart')
  expect(refused.status).toBe(503)
  expect(refused.fields.get('retry-after')).toMatch(/^\d+$/)
  const id = refused.fields.get('x-request-id') ?? 'none'
  expect(refused.body).toContain(`<code>${id}</code>`)
  expect(refused.body).not.toContain('no_such_module_anywhere')
  // The cause stands in the log under the id that the client has.
  await eventually(() =>
    expect(server.stderr()).toMatch(
      new RegExp(
        `error request\\.failed request=${id} status=503 code=E_BACKEND_FAILED .*no_such_module_anywhere`,
      ),
    ),
  )
  writeFileSync(join(server.directory, 'wsgi.py'), good)
  await eventually(async () => expect(await ask(server.port, '/shop')).toMatchObject({ body: 'repaired' }))
  expect(server.stderr()).toMatch(/info worker\.ready application=shop/)
})

it('does not tell the same failure again and again', async () => {
  const server = await startPortico({
    config: 'applications: { shop: { wsgi: "wsgi:application" } }\nmounts: { /: shop }\n',
    files: { 'wsgi.py': 'raise RuntimeError("no database")\n' },
  })
  await eventually(() => expect(server.stderr().match(/worker\.failed/g)?.length).toBeGreaterThan(2))
  expect(server.stderr().match(/Traceback/g)).toHaveLength(1)
  expect(server.stderr()).toMatch(
    / error worker\.failed .* retryMs=\d+ \| As before: Cannot load application "wsgi:application": importing/,
  )
})

function workerOf(server: RunningPortico): number {
  return Number(/worker\.ready application=shop worker=\d+ pid=(\d+)/.exec(server.stderr())?.[1])
}
