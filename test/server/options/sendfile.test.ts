// Files that applications name in place of an output: sent from the directories of `sendfile`, and from nowhere else.

import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask, eventually } from '../cli/ask.ts'

/** Answers with the fields that the query says, one "Name:value" a parameter; `status`, `body` and `endless` besides. */
const application = `
from urllib.parse import parse_qsl
HERE = __file__.rsplit('/', 1)[0]
def application(environ, start_response):
    query = parse_qsl(environ['QUERY_STRING'], encoding='latin-1')
    asked = dict(query)
    fields = [(name, value.replace('HERE', HERE)) for name, value in query if name[0].isupper()]
    start_response(asked.get('status', '200 OK'), fields)
    if 'endless' in asked:
        return iter(lambda: b'x' * 65536, None)
    return [asked.get('body', '').encode('latin-1')]
`
const large = Buffer.alloc(3 * 1024 * 1024, 'abcdefghij')

async function start(sendfile = '[media, more]') {
  const server = await startPortico({
    files: {
      'app.py': application,
      'media/a b.txt': '0123456789',
      'media/large.bin': large,
      'more/page.html': '<p>sorry</p>',
      'secret.txt': 'secret',
    },
    config: [
      'log: { access: off }',
      'applications: { app: { wsgi: app:application, directory: ., processes: 1, threads: 2 } }',
      `mounts: { /: { application: app, sendfile: ${sendfile} }, /front: app }`,
    ].join('\n'),
  })
  symlinkSync(join(server.directory, 'secret.txt'), join(server.directory, 'media/out.txt'))
  mkdirSync(join(server.directory, 'media/directory'))
  return server
}

const named = (path: string, more = '') => `/?X-Sendfile=HERE/${path}${more}`

it('sends the file with its type, its tag and the fields of the application', async () => {
  const { port } = await start()
  const asked = named(
    'media/a%2520b.txt',
    '&Content-Disposition=attachment&Set-Cookie=a&ETag="mine"&Content-Length=10',
  )
  const { status, fields, body } = await ask(port, asked)
  expect([status, body]).toEqual([200, '0123456789'])
  expect(fields.get('content-length')).toBe('10')
  expect(fields.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(fields.get('content-disposition')).toBe('attachment')
  expect(fields.get('set-cookie')).toBe('a')
  expect(fields.get('accept-ranges')).toBe('bytes')
  expect(fields.get('etag')).not.toBe('"mine"')
  expect(fields.has('x-sendfile')).toBe(false)

  // The same file under another type, from memory by then.
  const typed = named('media/a%20b.txt', '&Content-Type=application/x-mine')
  for (let times = 0; times < 3; times++) {
    expect((await ask(port, typed)).fields.get('content-type')).toBe('application/x-mine')
    expect((await ask(port, asked)).fields.get('content-type')).toBe('text/plain; charset=utf-8')
  }
})

it('answers conditions, ranges and HEAD as for any file', async () => {
  const { port } = await start()
  const path = named('media/a%20b.txt', '&Content-Type=text/x-mine&Cache-Control=max-age%3D5')
  const whole = await ask(port, path)
  const etag = whole.fields.get('etag') ?? ''
  const same = await ask(port, path, { fields: [`If-None-Match: ${etag}`] })
  expect([same.status, same.body, same.fields.get('etag')]).toEqual([304, '', etag])
  expect([same.fields.get('cache-control'), same.fields.has('content-type')]).toEqual(['max-age=5', false])
  const part = await ask(port, path, { fields: ['Range: bytes=2-4'] })
  expect([part.status, part.body, part.fields.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10'])
  // Of an application that has cut its own range already.
  const cut = await ask(port, `${path}&status=206%20Partial%20Content&Content-Range=bytes%207-8/10`, {
    fields: ['Range: bytes=2-4'],
  })
  expect([cut.status, cut.body, cut.fields.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10'])
  const two = await ask(port, named('media/large.bin', '&Content-Type=text/x-mine'), {
    fields: ['Range: bytes=0-1,1000000-1000001'],
  })
  expect(two.fields.get('content-type')).toMatch(/^multipart\/byteranges/)
  expect(two.body).toContain('Content-Type: text/x-mine')
  const none = await ask(port, path, { fields: ['Range: bytes=20-'] })
  expect([none.status, none.fields.get('content-range')]).toEqual([416, 'bytes */10'])
  const head = await ask(port, path, { method: 'HEAD' })
  expect([head.status, head.body, head.fields.get('content-length')]).toEqual([200, '', '10'])
  const big = await ask(port, named('media/large.bin'))
  expect(big.body === large.toString('latin1')).toBe(true)
  const bigHead = await ask(port, named('media/large.bin'), { method: 'HEAD' })
  expect([bigHead.body, bigHead.fields.get('content-length')]).toEqual(['', String(large.length)])
})

it('sends all of it with another status, and after a POST', async () => {
  const { port } = await start()
  const fields = ['Range: bytes=0-1', 'If-None-Match: *']
  const page = await ask(port, named('more/page.html', '&status=404%20Gone%20fishing'), { fields })
  expect([page.status, page.body]).toEqual([404, '<p>sorry</p>'])
  const posted = await ask(port, named('more/page.html'), { method: 'POST', body: 'x', fields })
  expect([posted.status, posted.body]).toEqual([200, '<p>sorry</p>'])
  const empty = await ask(port, named('more/page.html', '&status=204%20No%20Content'))
  expect([empty.status, empty.body, empty.fields.has('x-sendfile')]).toEqual([204, '', false])
})

it('sends nothing from anywhere else, and says why in the log', async () => {
  const server = await start()
  const wrong: readonly (readonly [string, string])[] = [
    ['secret.txt', 'no directory of "sendfile" holds it'],
    ['media/../secret.txt', 'no directory of "sendfile" holds it'],
    ['media', 'no directory of "sendfile" holds it'],
    ['media/directory', 'it is a directory'],
    ['media/out.txt', 'a symlink leads to it'],
  ]
  for (const [path, why] of wrong) {
    const { status, body } = await ask(server.port, named(path))
    expect([path, status]).toEqual([path, 502])
    expect(body).not.toContain('secret')
    await eventually(() => expect(server.stderr()).toContain(why))
  }
  expect((await ask(server.port, '/?X-Sendfile=media/large.bin')).status).toBe(502)
  expect((await ask(server.port, '/?X-Accel-Redirect=/media/large.bin')).status).toBe(502)
  await eventually(() => expect(server.stderr()).toContain('write sendfile: { /protected: /srv/media }'))
  expect((await ask(server.port, named('media/gone.txt'))).status).toBe(404)
  // Decoded it would lead out; as it stands it is a name that nothing has.
  expect((await ask(server.port, named('media/%252e%252e/secret.txt'))).status).toBe(404)
  await eventually(() => expect(server.stderr()).toContain('sendfile.missing'))
})

it('finds a location of X-Accel-Redirect below its longest path', async () => {
  const { port } = await start('{ /protected: media, /protected/more: more }')
  const get = async (location: string) =>
    (await ask(port, `/?X-Accel-Redirect=${location}`)).body.slice(0, 12)
  expect(await get('/protected/a%2520b.txt%3Fx')).toBe('0123456789')
  expect(await get('/protected/more/page.html')).toBe('<p>sorry</p>')
  expect((await ask(port, '/?X-Accel-Redirect=/protected/../secret.txt')).status).toBe(502)
  expect((await ask(port, '/?X-Accel-Redirect=/protectedmore/page.html')).status).toBe(502)
  expect((await ask(port, named('more/page.html'))).body).toBe('<p>sorry</p>')
})

it('leaves the field to who stands in front where nothing is set', async () => {
  const { port, directory } = await start()
  const { status, body, fields } = await ask(port, '/front?X-Sendfile=HERE/secret.txt&body=mine')
  expect([status, body, fields.get('x-sendfile')]).toEqual([200, 'mine', `${directory}/secret.txt`])
})

it('frees its slot and its descriptors, also behind an output without end', async () => {
  const server = await start()
  for (let times = 0; times < 4; times++)
    expect((await ask(server.port, named('media/large.bin', '&endless=1'), { method: 'HEAD' })).status).toBe(
      200,
    )
  expect((await ask(server.port, named('media/a%20b.txt'))).body).toBe('0123456789')
  writeFileSync(join(server.directory, 'media/a b.txt'), 'new')
  await eventually(async () => expect((await ask(server.port, named('media/a%20b.txt'))).body).toBe('new'))
  await eventually(() => expect(openFilesIn(join(server.directory, 'media'))).toEqual([]))
})

/** Files below a directory that a process of this machine has open. */
function openFilesIn(directory: string): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return processes.flatMap((pid) => {
    try {
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
      return links.filter((link) => link.startsWith(`${directory}/`))
    } catch {
      return [] // it has ended, or is not ours
    }
  })
}
