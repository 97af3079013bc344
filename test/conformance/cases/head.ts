// Rows 40 to 52: start_response.

import { fieldNamed, fieldsNamed } from '../answer.ts'
import type { Case, Session } from '../case.ts'
import { contains, lacks, ok, same } from '../expectation.ts'

/** What the fixture passes, and what must not be seen of it: refused inside start_response, answered with 500. */
async function refusedHeads(session: Session, heads: readonly string[], inside = true): Promise<void> {
  for (const of of heads) {
    const { answer } = await session.exchange(session.path('head', `of=${of}`))
    lacks(answer.head, /injected/i, `head "${of}"`)
    session.refused(answer, `head "${of}"`)
    const last = session.record.filter((line) => line !== 'closed').at(-1) ?? 'nothing'
    if (inside) ok(last.startsWith('raised'), `start_response accepted head "${of}"`)
  }
}

async function logged(session: Session): Promise<void> {
  await session.logged(/rows\/head\.py", line \d+, in head/, "the traceback to the application's line")
}

export const headCases: readonly Case[] = [
  {
    row: 'WSG-40',
    title: 'status code and reason go out exactly',
    validated: true,
    run: async (session) => {
      const odd = await session.ask(session.path('head', 'of=odd-reason'))
      same(odd.line, 'HTTP/1.1 299 Odd Reason', 'status line')
      const high = await session.ask(session.path('head', 'of=high-status'))
      same(high.line, 'HTTP/1.1 599 Made Up (here)', 'status line')
    },
  },
  {
    row: 'WSG-40',
    title: 'a status without reason, or that is no str, is refused',
    run: (session) => refusedHeads(session, ['no-reason', 'number', 'bytes-status'], false),
  },
  {
    row: 'WSG-41',
    title: 'headers that are no list are refused in start_response',
    run: async (session) => {
      await refusedHeads(session, ['tuple', 'dict'])
      await logged(session)
    },
  },
  {
    row: 'WSG-41',
    title: 'headers whose entries are not pairs of str are refused in start_response',
    run: (session) =>
      refusedHeads(session, ['triple', 'bytes-name', 'bytes-value', 'number-value', 'none-value']),
  },
  {
    row: 'WSG-41',
    title: 'headers whose entries are lists are refused in start_response',
    level: 'S',
    run: (session) => refusedHeads(session, ['lists']),
  },
  {
    row: 'WSG-42',
    title: 'CR, LF and NUL in a value or status are refused in start_response, with the traceback',
    run: async (session) => {
      const heads = ['value-crlf', 'value-lf', 'value-cr', 'value-nul', 'status-injects', 'status-newline']
      await refusedHeads(session, heads)
      await logged(session)
    },
  },
  {
    row: 'WSG-42',
    title: 'a field name with colon, blank, CR, LF or NUL is refused in start_response',
    run: (session) => refusedHeads(session, ['name-colon', 'name-space', 'name-crlf', 'name-nul']),
  },
  {
    row: 'WSG-43',
    title: 'text beyond latin-1 is refused',
    run: (session) => refusedHeads(session, ['wide-value', 'wide-name', 'wide-status'], false),
  },
  {
    row: 'WSG-43',
    title: 'a latin-1 value goes out as these octets',
    validated: true,
    run: async (session) => {
      const answer = await session.ask(session.path('head', 'of=latin-1'))
      same(fieldNamed(answer, 'x-latin'), 'caf\xe9 \xff', 'X-Latin')
    },
  },
  {
    row: 'WSG-44',
    title: "a hop-by-hop field of the application's never reaches the client",
    run: async (session) => {
      for (const name of hopByHop) {
        const answer = await session.ask(session.path('head', `of=${name}`), {
          fields: ['Connection: close'],
        })
        lacks(answer.head, 'x-conformance', `answer to an application that sends ${name}`)
      }
    },
  },
  {
    row: 'WSG-44',
    title: 'it is refused in start_response',
    level: 'S',
    run: (session) => refusedHeads(session, hopByHop),
  },
  {
    row: 'WSG-45',
    title: 'b"" sends no head: an application that fails after two of them gets a clean 500',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('raises-after-nothing'))
      session.refused(answer, 'answer')
      same(fieldsNamed(answer, 'x-first'), [], 'X-First')
      await session.logged(`raised before output ${session.token}`, 'the exception')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-46',
    title: 'a second start_response without exc_info raises in the application',
    run: async (session) => {
      session.refused(await session.ask(session.path('twice')), 'answer')
      ok(session.record[0]?.startsWith('raised') === true, `the second call: ${session.record}`)
    },
  },
  {
    row: 'WSG-47',
    title: 'with exc_info before any output it replaces status and headers wholly',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('replaced'))
      same([answer.line, answer.body], ['HTTP/1.1 503 Replaced Wholly', 'replacement'], 'answer')
      same([fieldNamed(answer, 'x-first') ?? null, fieldNamed(answer, 'x-second')], [null, 'yes'], 'fields')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-48',
    title: 'with exc_info after output it raises again, and the cut answer never looks complete',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('after-output'))
      lacks(answer.head, /X-Second/i, 'head')
      await session.cutShort(client, answer, 'already sent')
      await session.recorded('raised ValueError')
      await session.logged(`raised after output ${session.token}`, 'the exception')
    },
  },
  {
    row: 'WSG-48',
    level: 'P',
    title: 'a 1.0 client, whose body ends with the connection, sees a reset',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('after-output'), { version: '1.0' })
      lacks(`${answer.head}${answer.body}${await client.rest()}`, /X-Second/i, 'octets sent')
      same(answer.status < 500 && answer.complete && !client.reset, false, 'looks complete')
    },
  },
  {
    row: 'WSG-49',
    title: 'start_response may come with the first item of a generator',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('lazy'))
      same([answer.line, answer.body], ['HTTP/1.1 202 Lazy', 'lazy body'], 'answer')
      same(fieldNamed(answer, 'x-lazy'), 'yes', 'X-Lazy')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-50',
    title: 'start_response never called: 500, logged, with output and without',
    run: async (session) => {
      for (const kind of ['body', 'empty']) {
        const before = session.log.length
        const { answer, client } = await session.exchange(session.path('never', `kind=${kind}`))
        session.refused(answer, `${kind} without a head`)
        lacks(answer.body, 'body without a head', 'error page')
        await session.staysInStep(client, answer)
        await session.logged(
          new RegExp(`^[^]{${before}}[^]*(start_response|Traceback|[Ee]rror)`),
          'the reason',
        )
      }
    },
  },
  {
    row: 'WSG-51',
    title: 'Location goes out as it is, with the status and the body of the application',
    validated: true,
    run: async (session) => {
      const created = await session.ask(session.path('head', 'of=created'))
      same([created.status, fieldNamed(created, 'location')], [201, '/made/1'], 'status and Location')
      const moved = await session.ask(session.path('head', 'of=moved'))
      same([moved.line, fieldNamed(moved, 'location')], ['HTTP/1.1 302 Found', '/where?next=1'], 'answer')
      same([created.body, moved.body], ['the body', 'the body'], 'bodies')
    },
  },
  {
    row: 'WSG-51',
    title: 'fields keep their order and their duplicates',
    validated: true,
    run: async (session) => {
      const answer = await session.ask(session.path('head', 'of=order'))
      const own = answer.fields.filter(([name]) => /^(x-[ab]|set-cookie|content-type)$/i.test(name))
      const expected = [
        'X-B: 1',
        'Set-Cookie: a=1',
        'Content-Type: text/plain',
        'X-A: 2',
        'Set-Cookie: b=2',
        'x-b: 3',
      ]
      same(
        own.map(([name, value]) => `${name}: ${value}`.toLowerCase()),
        expected.map((line) => line.toLowerCase()),
        'fields',
      )
    },
  },
  {
    row: 'WSG-52',
    title: 'Date and Server are added where the application set none',
    run: async (session) => {
      const answer = await session.ask(session.path('one'))
      contains(
        fieldNamed(answer, 'date') ?? '',
        /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/,
        'Date',
      )
      ok((fieldNamed(answer, 'server') ?? '') !== '', 'there is no Server')
    },
  },
  {
    row: 'WSG-52',
    title: 'Date and Server of the application stay',
    validated: true,
    run: async (session) => {
      const answer = await session.ask(session.path('head', 'of=own-date'))
      same(fieldsNamed(answer, 'date'), ['Sun, 06 Nov 1994 08:49:37 GMT'], 'Date')
      same(fieldsNamed(answer, 'server'), ['Fixture/1'], 'Server')
    },
  },
]

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailers',
  'transfer-encoding',
  'upgrade',
]
