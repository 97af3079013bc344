// How scripts end, are ended, and what is not started (rows CGI-38 to CGI-41, CGI-67 to CGI-69, FLT-24 to FLT-26).

import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { startPortico } from '../../double/server.ts'
import {
  ask,
  config,
  launchers,
  logged,
  pidsIn,
  scripts,
  serve,
  sharedSite,
  siteOf,
  temporary,
  ways,
} from './scripts.ts'

describe.each(ways)('a script that is $name', (how) => {
  const site = sharedSite(how, config(how, 'concurrency: 4'))

  it('keeps its answer when it ends with an exit code, which the log has', async () => {
    const said = await site().ask('/cgi-bin/end.py?head-exit:3')
    expect([said.status, said.body, said.complete]).toEqual([200, 'begun\n', true])
    await logged(site(), /exit code 3/)
  })

  it('is 502 without an answer, whose reason is in the log', async () => {
    expect((await site().ask('/cgi-bin/end.py?exit:4')).status).toBe(502)
    await logged(site(), /exit code 4 without a word/)
    expect((await site().ask('/cgi-bin/end.py?raise')).status).toBe(502)
    await logged(site(), /ValueError: as you wish/)
  })

  it('is cut short when a signal ends it, and 502 when it had not answered', async () => {
    const cut = await site().ask('/cgi-bin/end.py?head-kill:9')
    // When all of it came at once, nothing had been sent yet.
    expect(cut.status === 502 || (cut.body === 'begun\n' && !cut.complete)).toBe(true)
    expect((await site().ask('/cgi-bin/end.py?kill:11')).status).toBe(502)
    await logged(site(), /SIGKILL/)
    await logged(site(), /SIGSEGV/)
  })

  it('writes to the log, by lines with the id of the request, and is not held up by it', async () => {
    const said = await site().ask('/cgi-bin/errors.py?20000')
    expect(said.body).toBe('done\n')
    await logged(site(), /application\.errors .*request=\S+.*\| line 0 e/)
  })

  it('is ended with its whole group when its client has gone', async () => {
    const path = join(temporary(), 'pids')
    const client = await Client.open(site().server.port)
    client.send(`GET /cgi-bin/silent.py?${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const pids = await pidsIn(path)
    client.socket.resetAndDestroy()
    await eventually('the script and its child end', () => (pids.some(isAlive) ? undefined : true))
  })

  it('gets nothing of what another request has left', async () => {
    const one = await site().ask('/cgi-bin/state.py')
    const two = await site().ask('/cgi-bin/state.py')
    expect([one.body, two.body].map((body) => body.replace(/ \S+ \S+\n$/, ''))).toEqual([
      '(None, None, None)',
      '(None, None, None)',
    ])
    expect(one.body).not.toBe(two.body)
  })
})

describe.each([...launchers].map((one) => ({ ...one, warm: one.launcher === 'python' })))(
  'scripts that are $name',
  (how) => {
    const site = sharedSite(how, config(how))

    it.each([
      ['/cgi-bin/closed.py', 403, /closed\.py.* is not executable/],
      ['/cgi-bin/none.py', 404, undefined],
      ['/cgi-bin/sub/none.py/more', 404, undefined],
      ['/cgi-bin/sub', 404, undefined],
      ['/cgi-bin/sub/.hidden/x.py', 404, undefined],
      ['/cgi-bin/%2e%2e/cgi-bin/unread.py', 200, undefined],
      ['/cgi-bin/..%2f..%2fetc/passwd', 400, undefined],
      ['/cgi-bin/unread.py%00', 400, undefined],
      ['/cgi-bin/bad-interpreter.py', 500, /\/no\/such\/interpreter/],
      ['/cgi-bin/windows.sh', 500, /Windows/],
      ['/cgi-bin/no-first-line', 500, /#!/],
      ['/cgi-bin/windows-env.py', 500, /carriage return/],
      ['/cgi-bin/sub/inner.py/x', 200, undefined],
      ['/cgi-bin/Unread.py', 404, undefined],
      ['/cgi-bin/unread.py.', 404, undefined],
    ])('answer %s with %i', async (target, status, reason) => {
      expect((await site().ask(target)).status).toBe(status)
      if (reason !== undefined) await logged(site(), reason)
    })

    it('have the signals and descriptors of any program, and devices that can be opened', async () => {
      const { body } = await site().ask('/cgi-bin/signals.sh', { method: 'POST', body: 'from stdin' })
      expect(body).toMatch(/^SigBlk:\s0+\nSigIgn:\s0{7}[01][08]0{7}\n1024\nunlimited\n/)
      expect(body).toMatch(/from stdin$/)
      await logged(site(), /to-stderr/)
    })

    it('may leave processes behind that let go of their output, and no others', async () => {
      const free = Number((await site().ask('/cgi-bin/background.sh?free')).body)
      expect(isAlive(free)).toBe(true)
      process.kill(free)
      const said = await site().ask('/cgi-bin/background.sh?held')
      expect(said.complete).toBe(true)
      await eventually('what held the output is ended', () => (isAlive(Number(said.body)) ? undefined : true))
    })

    it('go on when the process that starts them is killed', async () => {
      const server = await serve(how, { config: config(how) })
      const launcher = (): number | undefined =>
        [...server.stderr().matchAll(/worker\.ready .*?pid=([0-9]+)/g)]
          .map((one) => Number(one[1]))
          .find(isAlive)
      const before = launcher()
      const client = await Client.open(server.port)
      client.send('GET /cgi-bin/wait.py?/no/such/file HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.until('the first line of the script', (text) => /\r\n\d+\n\r\n/.test(text))
      if (before === undefined) throw new Error('there is no launcher')
      process.kill(before, 'SIGKILL')
      expect((await client.answer()).complete).toBe(false)
      client.destroy()
      await eventually('another launcher', () => launcher())
      expect((await ask(server.port, '/cgi-bin/unread.py')).status).toBe(200)
    })

    it('leave nothing behind when the server ends, also when it is killed', async () => {
      const server = await serve(how, { config: config(how) })
      const path = join(temporary(), 'pids')
      const asked = ask(server.port, `/cgi-bin/silent.py?${path}`).catch(() => undefined)
      const pids = [...(await pidsIn(path)), ...processTree(server.pid)]
      process.kill(server.pid, 'SIGKILL')
      await asked
      await eventually('nothing is left', () => (pids.some(isAlive) ? undefined : true))
    })
  },
)

describe('mounts of scripts', () => {
  it('can be one that answers for its mount, or those among files', async () => {
    const source = '#!/bin/sh\necho "Content-Type: text/plain"\necho\necho "ran $SCRIPT_NAME $PATH_INFO"\n'
    const server = await startPortico({
      config: `mounts:\n  /one: { cgi: site/a.cgi }\n  /: { files: site, scripts: [.cgi], index: [index.cgi] }\n`,
      files: {
        'site/a.cgi': source,
        'site/plain.txt': 'text',
        'site/dir/index.cgi': source,
        'site/b.CGI': source,
      },
    })
    const { ask: asked } = siteOf(server)
    expect((await asked('/one/x/y')).body).toBe('ran /one /x/y\n')
    expect((await asked('/a.cgi/more')).body).toBe('ran /a.cgi /more\n')
    expect((await asked('/plain.txt')).body).toBe('text')
    expect((await asked('/dir/')).body).toBe('ran /dir/index.cgi \n')
    expect((await asked('/dir')).status).toBe(301)
    for (const target of ['/a.cgi', '/a.cgi/', '//a.cgi', '/dir/../a.cgi', '/a%2ecgi'])
      expect((await asked(target)).body).toMatch(/^ran /)
    expect((await asked('/a.cgi', { fields: 'Range: bytes=0-9\r\n' })).body).toMatch(/^ran /)
    expect((await asked('/a.cgi', { method: 'POST', body: 'x' })).body).toMatch(/^ran /)
    expect((await asked('/none.cgi')).status).toBe(404)
  })

  it('send a file in the place of an answer, inside the directories of sendfile', async () => {
    const script =
      '#!/bin/sh\necho "Content-Type: text/x"\necho "X-Sendfile: $QUERY_STRING"\necho\necho unwanted\n'
    const server = await startPortico({
      config: `mounts:\n  /send: { cgi: send.cgi, sendfile: files }\n`,
      files: { 'send.cgi': script, 'files/a.txt': 'the file', secret: 'no' },
    })
    const { ask: asked } = siteOf(server)
    expect((await asked(`/send?${server.directory}/files/a.txt`)).body).toBe('the file')
    expect((await asked(`/send?${server.directory}/secret`)).status).toBe(502)
  })

  it('lie where symlinks lead only if they may', async () => {
    const server = await startPortico({
      config: 'mounts:\n  /in: { cgi: in }\n  /any: { cgi: in, symlinks: any }\n',
      files: { 'in/here.sh': '#!/bin/sh\n' },
    })
    symlinkSync(join(scripts, 'unread.py'), join(server.directory, 'in/link.py'))
    expect((await ask(server.port, '/in/link.py')).status).toBe(403)
    expect((await ask(server.port, '/any/link.py')).status).toBe(200)
  })
})
