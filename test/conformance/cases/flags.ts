// Row 08: wsgi.multithread, wsgi.multiprocess and wsgi.run_once, held against what the server does.

import { type Case, Session } from '../case.ts'
import { same } from '../expectation.ts'
import { type Site, serving, type Target } from '../target.ts'

/** How long another process may take to answer. */
const patienceMs = 10_000

interface Together {
  readonly multithread: boolean
  readonly multiprocess: boolean
  readonly run_once: boolean
  readonly pid: number
  readonly most: number
}

/** As many requests at once as the server can hold, or a second if it cannot. */
async function together(session: Session, round: number, count: number): Promise<Together[]> {
  const path = `${session.bare('together')}?token=${session.token}${round}&count=${count}&hold=1.5`
  return Promise.all(Array.from({ length: count }, () => session.json<Together>(path)))
}

async function flagsAreTrue(session: Session, count: number): Promise<Together> {
  const answers = await together(session, 0, count)
  const [first] = answers
  if (first === undefined) throw new Error('no answer')
  const { multithread, multiprocess, run_once } = first
  // The other process may still be starting.
  const until = performance.now() + patienceMs
  for (let round = 1; round < 8 || performance.now() < until; round++) {
    if (!multiprocess || new Set(answers.map(({ pid }) => pid)).size > 1) break
    answers.push(...(await together(session, round, count)))
  }
  const most = Math.max(...answers.map((answer) => answer.most))
  const pids = new Set(answers.map(({ pid }) => pid)).size
  same(multithread, most > 1, `wsgi.multithread with ${most} requests at once in a process`)
  same(multiprocess, pids > 1, `wsgi.multiprocess with ${pids} processes seen`)
  if (answers.length > pids) same(run_once, false, 'wsgi.run_once of a process that was called again')
  return first
}

async function alone(target: Target): Promise<void> {
  const session = new Session(target, '')
  try {
    const first = await flagsAreTrue(session, 2)
    same([first.multithread, first.multiprocess], [false, false], 'flags of one process with one thread')
  } finally {
    session.finish()
  }
}

const oneThread: Site = { mounts: { '/': { wsgi: 'conformance:application' } }, processes: 1, threads: 1 }

export const flagCases: readonly Case[] = [
  {
    row: 'WSG-08',
    title: 'multithread, multiprocess and run_once are true of the common site',
    run: async (session) => {
      await flagsAreTrue(session, 4)
    },
  },
  {
    row: 'WSG-08',
    title: 'they are true of one process with one thread',
    run: async (session) => {
      await serving(session.target.kind, oneThread, alone)
    },
  },
]
