// Rows 01 to 07 and 09 to 12: what the environ holds.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Session } from '../case.ts'
import { contains, ok, same } from '../expectation.ts'

interface Shown {
  readonly type: boolean
  readonly variables: Readonly<Record<string, readonly [string, string]>>
}

async function variables(
  session: Session,
  query = '',
  ask = {},
): Promise<Record<string, string | undefined>> {
  const shown = await session.json<Shown>(session.path('environ', query), ask)
  return Object.fromEntries(Object.entries(shown.variables).map(([name, [, value]]) => [name, value]))
}

interface Split {
  readonly path: string
  readonly script: string
  readonly info: string
}

const splits = JSON.parse(readFileSync(join(import.meta.dirname, 'mount-splits.json'), 'utf8')) as {
  splits: Split[]
}

export const environCases: readonly Case[] = [
  {
    row: 'WSG-01',
    title: 'environ is a builtin dict',
    validated: true,
    run: async (session) => {
      same((await session.json<Shown>(session.path('environ'))).type, true, 'type(environ) is dict')
    },
  },
  {
    row: 'WSG-01',
    title: 'what one request puts into its environ is not in the next',
    run: async (session) => {
      const { client } = await session.exchange(session.path('mutate'))
      for (let i = 0; i < 8; i++) {
        const names = await session.json<string[]>(session.path('mutate'))
        ok(!names.includes('conformance.mutated'), 'another request sees the change')
        ok(names.includes('SERVER_NAME') && names.includes('wsgi.input'), 'another request misses variables')
      }
      client.send(`GET ${session.path('mutate')} HTTP/1.1\r\nHost: x\r\n\r\n`)
      if (await client.until('the second answer', (text) => text.length > 0)) {
        const names = JSON.parse((await client.answer()).body) as string[]
        ok(!names.includes('conformance.mutated'), 'the next request on the connection sees the change')
      }
    },
  },
  {
    row: 'WSG-02',
    title: 'REQUEST_METHOD, SERVER_NAME, SERVER_PORT, SERVER_PROTOCOL are str with something in them',
    validated: true,
    run: async (session) => {
      const { variables } = await session.json<Shown>(session.path('environ'), { method: 'PROPFIND' })
      for (const name of ['REQUEST_METHOD', 'SERVER_NAME', 'SERVER_PORT', 'SERVER_PROTOCOL']) {
        const [type, value = ''] = variables[name] ?? ['absent']
        same([type, value !== ''], ['str', true], name)
      }
      same(variables.REQUEST_METHOD?.[1], 'PROPFIND', 'REQUEST_METHOD')
      same(variables.SERVER_PROTOCOL?.[1], 'HTTP/1.1', 'SERVER_PROTOCOL')
      same(variables.SERVER_PORT?.[1], String(session.target.port), 'SERVER_PORT')
    },
  },
  {
    row: 'WSG-03',
    title: 'at the root SCRIPT_NAME is empty and PATH_INFO starts with a slash',
    run: async (session) => {
      for (const path of ['/', '/where', '/where/']) {
        same(await session.json(path), ['', path], `SCRIPT_NAME and PATH_INFO of ${path}`)
      }
    },
  },
  {
    row: 'WSG-03',
    title: 'a mount takes whole segments only',
    needs: ['mounts'],
    run: async (session) => {
      for (const { path, script, info } of splits.splits) {
        same(await session.json(path), [script, info], `SCRIPT_NAME and PATH_INFO of ${path}`)
      }
    },
  },
  {
    row: 'WSG-04',
    title: 'CGI and HTTP variables are str of code points up to U+00FF, the path decoded once to bytes',
    validated: true,
    run: async (session) => {
      const { variables } = await session.json<Shown>(
        `${session.bare('environ/%E4%BD%A0/%2541/%C3%A9%FF')}?token=${session.token}%E4`,
        { fields: ['X-Text: caf\xe9'] },
      )
      same(variables.PATH_INFO?.[1], '/environ/\xe4\xbd\xa0/%41/\xc3\xa9\xff', 'PATH_INFO')
      same(variables.QUERY_STRING?.[1], `token=${session.token}%E4`, 'QUERY_STRING')
      for (const [name, [type, value]] of Object.entries(variables)) {
        if (name.includes('.')) continue
        same(type, 'str', `type of ${name}`)
        ok(!/[^\u0000-\u00ff]/.test(value), `${name} holds a code point over U+00FF`)
      }
    },
  },
  {
    row: 'WSG-05',
    title: 'what is absent is left out, never None',
    validated: true,
    run: async (session) => {
      const { variables } = await session.json<Shown>(session.path('environ'))
      for (const [name, [type]] of Object.entries(variables)) ok(type !== 'NoneType', `${name} is None`)
      for (const name of ['REMOTE_USER', 'AUTH_TYPE', 'HTTP_REFERER', 'HTTP_COOKIE']) {
        ok((variables[name]?.[1] ?? '') === '', `${name} is there without a reason`)
      }
    },
  },
  {
    row: 'WSG-06',
    title: 'CONTENT_LENGTH and CONTENT_TYPE have no HTTP_, and are absent or empty without a body',
    validated: true,
    run: async (session) => {
      const fields = ['Content-Type: text/x-odd; charset="a"']
      const posted = await variables(session, '', { body: 'hello', fields })
      same([posted.CONTENT_LENGTH, posted.CONTENT_TYPE], ['5', 'text/x-odd; charset="a"'], 'of a POST')
      const got = await variables(session)
      same([got.CONTENT_LENGTH ?? '', got.CONTENT_TYPE ?? ''], ['', ''], 'of a GET')
      for (const name of ['HTTP_CONTENT_LENGTH', 'HTTP_CONTENT_TYPE']) {
        ok(posted[name] === undefined && got[name] === undefined, `${name} is there`)
      }
    },
  },
  {
    row: 'WSG-07',
    title: 'wsgi.version is the tuple (1, 0), wsgi.url_scheme that of the connection',
    validated: true,
    run: async (session) => {
      const { variables } = await session.json<Shown>(session.path('environ'), { fields: ['Https: on'] })
      same(variables['wsgi.version'], ['tuple', '(1, 0)'], 'wsgi.version')
      same(variables['wsgi.url_scheme'], ['str', 'http'], 'wsgi.url_scheme')
      ok(variables.HTTPS === undefined || variables.HTTPS[1] === 'off', 'a field has set HTTPS')
    },
  },
  {
    row: 'WSG-09',
    title: 'wsgi.input, wsgi.errors and wsgi.file_wrapper have what PEP 3333 asks for',
    validated: true,
    run: async (session) => {
      same(await session.json(session.path('streams')), [], 'what is missing')
    },
  },
  {
    row: 'WSG-10',
    title: 'request fields arrive as HTTP_*, obs-text as latin-1, and set no other variable',
    validated: true,
    run: async (session) => {
      const found = await variables(session, '', {
        fields: [
          'X-CuStom-Name:  two words\t',
          'X-Bytes: \xe9\x80\xff',
          'Path-Info: /forged',
          'Script-Name: /forged',
          'Remote-Addr: 10.9.8.7',
          'Wsgi.input: x',
        ],
      })
      same(found.HTTP_X_CUSTOM_NAME, 'two words', 'HTTP_X_CUSTOM_NAME')
      same(found.HTTP_X_BYTES, '\xe9\x80\xff', 'HTTP_X_BYTES')
      same(found.HTTP_HOST, 'conformance.example', 'HTTP_HOST')
      same([found.HTTP_PATH_INFO, found.PATH_INFO], ['/forged', '/environ'], 'PATH_INFO')
      same(found.REMOTE_ADDR, '127.0.0.1', 'REMOTE_ADDR')
      ok(found['wsgi.input'] !== 'x', 'a field has replaced wsgi.input')
    },
  },
  {
    row: 'WSG-10',
    title: 'a repeated field is one value, joined with commas',
    run: async (session) => {
      const found = await variables(session, '', { fields: ['X-Many: one', 'X-Other: x', 'X-Many: two'] })
      contains(found.HTTP_X_MANY ?? '', /^one, ?two$/, 'HTTP_X_MANY')
    },
  },
  {
    row: 'WSG-10',
    title: 'a repeated Cookie is joined with semicolons',
    level: 'S',
    run: async (session) => {
      const found = await variables(session, '', { fields: ['Cookie: a=1', 'Cookie: b=2'] })
      contains(found.HTTP_COOKIE ?? '', /^a=1; ?b=2$/, 'HTTP_COOKIE')
    },
  },
  {
    row: 'WSG-10',
    level: 'P',
    title: 'X_A is never taken for X-A',
    run: async (session) => {
      const found = await variables(session, '', { fields: ['X-Login: genuine', 'X_Login: forged'] })
      same(found.HTTP_X_LOGIN, 'genuine', 'HTTP_X_LOGIN')
    },
  },
  {
    row: 'WSG-10',
    level: 'P',
    title: 'a Proxy field does not become HTTP_PROXY',
    run: async (session) => {
      const found = await variables(session, '', { fields: ['Proxy: http://attacker.example'] })
      same(found.HTTP_PROXY ?? null, null, 'HTTP_PROXY')
    },
  },
  {
    row: 'WSG-10',
    title: 'Authorization reaches the application',
    run: async (session) => {
      const found = await variables(session, '', { fields: ['Authorization: Basic YTpi'] })
      same(found.HTTP_AUTHORIZATION, 'Basic YTpi', 'HTTP_AUTHORIZATION')
    },
  },
  {
    row: 'WSG-11',
    title: "the recipe of PEP 3333 gives back the client's URL",
    validated: true,
    run: async (session) => {
      const { port } = session.target
      const path = session.bare('url/a%20b%3Fc/d%C3%A9%25?x=%2F&y=a+b')
      for (const host of [`shop.example:${port}`, 'shop.example', `127.0.0.1:${port}`]) {
        same((await session.ask(path, { host })).body, `http://${host}${path}`, `URL at ${host}`)
      }
    },
  },
  {
    row: 'WSG-11',
    title: 'without Host the recipe leads back to this server',
    run: async (session) => {
      const { body } = await session.ask('/url/x', { version: '1.0' })
      contains(body, new RegExp(`^http://[^/:]+:${session.target.port}/url/x$`), 'URL')
    },
  },
  {
    row: 'WSG-11',
    title: 'the recipe holds below a mount',
    needs: ['mounts'],
    run: async (session) => {
      const path = '/api/rest/url/a%20b?c=d'
      same((await session.ask(path, { host: 'shop.example' })).body, `http://shop.example${path}`, 'URL')
    },
  },
  {
    row: 'WSG-12',
    title: 'REQUEST_URI or RAW_URI is the target as it was sent',
    run: async (session) => {
      const target = `/environ/a%2eb/%7e?token=${session.token}&q=%20`
      const { variables } = await session.json<Shown>(target)
      same((variables.REQUEST_URI ?? variables.RAW_URI)?.[1], target, 'REQUEST_URI')
    },
  },
  {
    row: 'WSG-12',
    title: 'wsgi.input_terminated says that the input ends by itself',
    run: async (session) => {
      const { variables } = await session.json<Shown>(session.path('environ'))
      same(variables['wsgi.input_terminated'], ['bool', 'True'], 'wsgi.input_terminated')
    },
  },
]
