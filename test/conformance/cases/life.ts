// Rows 90 to 97: applications, processes and what one does to another.

import { eventually } from '../../double/eventually.ts'
import { type Case, Session } from '../case.ts'
import { waitMs } from '../client.ts'
import { contains, ok, same } from '../expectation.ts'
import { type Site, serving, type Target } from '../target.ts'

const one: Site = { mounts: { '/': { wsgi: 'conformance:application' } }, processes: 1, threads: 2 }

/** Serves a site of its own and asks it. */
async function on<T>(session: Session, site: Site, use: (own: Session) => Promise<T>): Promise<T> {
  return serving(session.target.kind, site, (target) => asking(target, use))
}

async function asking<T>(target: Target, use: (own: Session) => Promise<T>): Promise<T> {
  const own = new Session(target, '')
  try {
    return await use(own)
  } finally {
    own.finish()
  }
}

/** Asks until an answer comes with 200: a process is being replaced. */
async function answersAgain(session: Session, path = '/process'): Promise<void> {
  const until = performance.now() + waitMs
  for (;;) {
    const status = await session.ask(path).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) return
    if (performance.now() > until) throw new Error(`the server does not answer again: status ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function startsAs(session: Session, wsgi: string, body: string): Promise<void> {
  await on(session, { ...one, mounts: { '/': { wsgi } } }, async (own) => {
    const answer = await own.ask('/')
    same([answer.status, answer.body], [200, body], `answer of ${wsgi}`)
  })
}

async function ends(session: Session, how: string): Promise<void> {
  await on(session, { ...one, processes: 2 }, async (own) => {
    const answer = await own.ask(own.path('ends', `how=${how}`)).catch(() => undefined)
    if (how !== 'process') ok(answer !== undefined, `no answer to ${how}`)
    if (answer !== undefined) own.refused(answer, how)
    await answersAgain(own)
  })
}

export const lifeCases: readonly Case[] = [
  {
    row: 'WSG-90',
    title: 'an application that cannot be imported fails alone, with the traceback in the log',
    needs: ['mounts'],
    run: async (session) => {
      const mounts = { '/': { wsgi: 'conformance:application' }, '/broken': { wsgi: 'broken:application' } }
      await on(session, { ...one, mounts }, async (own) => {
        const { status } = await own.ask('/broken/')
        ok(status === 500 || status === 503, `status ${status} of the broken application`)
        same((await own.ask('/where')).status, 200, 'status of the other application')
        const whole = (): true | undefined => (/broken\.py/.test(own.target.log()) ? true : undefined)
        await eventually('the file in the log', whole, waitMs)
        contains(own.target.log(), 'module_that_is_not_there', 'the reason in the log')
      })
    },
  },
  {
    row: 'WSG-90',
    title: 'once it is mended it serves, without a word to the server',
    needs: ['portico'],
    run: async (session) => {
      const { place } = session.target.kind
      const module = `mended_${session.token.replaceAll('-', '_')}`
      place.write(`${module}.py`, 'import module_that_is_not_there\n')
      const mounts = { '/': { wsgi: 'conformance:application' }, '/mended': { wsgi: `${module}:function` } }
      await on(session, { ...one, mounts }, async (own) => {
        ok((await own.ask('/mended')).status >= 500, 'the broken application answers')
        place.write(`${module}.py`, 'from shapes import function\n')
        await answersAgain(own, '/mended')
      })
    },
  },
  {
    row: 'WSG-91',
    title: 'an exception at once: 500, logged to its line, and the server lives',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('ends', 'how=raise'))
      session.refused(answer, 'answer')
      await session.logged(`raised at once ${session.token}`, 'the exception')
      await session.logged(/rows\/life\.py", line \d+, in ends/, "the traceback to the application's line")
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-91',
    title: 'sys.exit() and KeyboardInterrupt end one request, not the server',
    run: async (session) => {
      for (const how of ['exit', 'exit-in-iteration', 'interrupt']) await ends(session, how)
    },
  },
  {
    row: 'WSG-91',
    needs: ['processes'],
    title: 'os._exit() ends one process, and the server replaces it',
    run: (session) => ends(session, 'process'),
  },
  {
    row: 'WSG-92',
    title: 'two applications with modules of the same name do not mix',
    needs: ['mounts'],
    run: async (session) => {
      const mounts = {
        '/': { wsgi: 'main:application', directory: 'one' },
        '/two': { wsgi: 'main:application', directory: 'two' },
      }
      await on(session, { ...one, mounts }, async (own) => {
        for (let i = 0; i < 4; i++) {
          same([(await own.ask('/')).body, (await own.ask('/two')).body], ['one', 'two'], 'answers')
        }
      })
    },
  },
  {
    row: 'WSG-93',
    title: 'ten threads of one process wait at the same time',
    needs: ['threads'],
    run: async (session) => {
      await on(session, { ...one, threads: 10 }, async (own) => {
        const path = `${own.path('together')}&count=10&hold=10`
        const answers = await Promise.all(Array.from({ length: 10 }, () => own.json<{ most: number }>(path)))
        same(Math.max(...answers.map(({ most }) => most)), 10, 'requests at once')
      })
    },
  },
  {
    row: 'WSG-93',
    title: 'files are served while all threads are held',
    needs: ['files'],
    run: async (session) => {
      await on(session, one, async (own) => {
        const path = own.path('yield-waits')
        const clients = await Promise.all([own.connect(), own.connect()])
        for (const client of clients) client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
        for (const client of clients) await client.until('a held request', (text) => text.includes('early'))
        same((await own.ask('/files/shapes.py')).status, 200, 'status of a file')
        own.openGate()
      })
    },
  },
  {
    row: 'WSG-94',
    title: 'atexit handlers run when the server is stopped',
    run: async (session) => {
      const { place } = session.target.kind
      const token = await on(session, one, async (own) => {
        await own.json<number>(own.path('at-exit'))
        return own.token
      })
      await place.recorded(token, 'atexit')
    },
  },
  {
    row: 'WSG-94',
    needs: ['processes'],
    title: 'a process that is killed is replaced, and its atexit handlers do not run',
    run: async (session) => {
      await on(session, { ...one, processes: 2 }, async (own) => {
        const pid = await own.json<number>(own.path('at-exit'))
        process.kill(pid, 'SIGKILL')
        await answersAgain(own)
        same(own.record, [], 'record of the killed process')
      })
    },
  },
  {
    row: 'WSG-95',
    title: 'file names are UTF-8 under LANG=C, and print() of any text works',
    run: async (session) => {
      const environment = { LANG: 'C', LC_ALL: 'C' }
      await on(session, { ...one, environment }, async (own) => {
        const [encoding, octets] = await own.json<string[]>(own.path('encodings'))
        same([encoding, octets], ['utf-8', 'gr\xc3\xbc\xc3\x9fe'], 'encoding of file names')
        await own.logged(`printed grüße 你 ${own.token}`, 'what was printed')
      })
    },
  },
  {
    row: 'WSG-96',
    title: 'nothing of a request is in os.environ',
    run: async (session) => {
      await session.ask(session.path('process'), { fields: ['X-Leak: yes'], body: 'x' })
      for (let i = 0; i < 4; i++) {
        const names = await session.json<string[]>(session.path('process-environment'))
        const leaked = names.filter((name) =>
          /^(HTTP_|REQUEST_|QUERY_|PATH_INFO|SCRIPT_NAME|CONTENT_|REMOTE_|wsgi)/.test(name),
        )
        same(leaked, [], 'variables of a request')
      }
    },
  },
  {
    row: 'WSG-97',
    title: 'the application may be a function, an instance or a class',
    run: async (session) => {
      await startsAs(session, 'shapes:function', 'function')
      await startsAs(session, 'shapes:instance', 'instance')
      await startsAs(session, 'shapes:PerRequest', 'class')
    },
  },
  {
    row: 'WSG-97',
    title: 'module:factory()',
    needs: ['factory'],
    run: (session) => startsAs(session, 'shapes:factory()', 'function'),
  },
  {
    row: 'WSG-97',
    title: 'module:attribute.attribute',
    needs: ['attributes'],
    run: (session) => startsAs(session, 'shapes:instance.method', 'method'),
  },
]
