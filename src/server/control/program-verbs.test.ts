import { expect, it } from 'vitest'
import { application } from '../../../test/app/worker/stand-in.ts'
import type { RunningRequest } from '../../listener/running-requests.ts'
import type { Conversation } from './conversation.ts'
import { killRequest } from './kill.ts'
import type { AskHttp } from './questions.ts'
import { tellStack } from './stack.ts'
import type { Supervisors } from './whereabouts.ts'

const running = {
  ...{ id: 'r-1', method: 'GET', target: '/', stage: 'waiting', handler: 'fastcgi' },
  ...{ worker: 'feed/4711', ageMs: 1500 },
}

/** A server whose only worker is a program. */
function served() {
  const said: string[] = []
  const supervisor = {
    application: application({ name: 'feed', program: { command: ['/srv/feed'], wire: 'fastcgi' as const } }),
    report: { workers: [{ worker: 3, pid: 4711 }] },
    stacks: () => Promise.resolve([]),
    interrupt: () => Promise.resolve(),
  }
  const supervisors = new Map([['feed', supervisor]]) as unknown as Supervisors
  const answer = (what: string): unknown => (what === 'running' ? [running] : what === 'kill' ? running : [])
  const ask = (({ what }: { what: string }) =>
    Promise.resolve([{ role: 'serving', pid: 1, answer: answer(what) }])) as unknown as AskHttp
  const conversation = {
    send: (line: { text?: string; message?: string }) => said.push(line.text ?? line.message ?? ''),
    end: (code: number) => said.push(String(code)),
  } as unknown as Conversation
  return { said, supervisors, ask, conversation }
}

it.each(['3', '4711', 'r-1'])('says of program %s that nobody knows what it does', async (of) => {
  const { said, conversation, ...looked } = served()
  await tellStack(looked, of, conversation)
  expect(said.join('\n')).toMatch(/it is a program of which nothing is known but its pid/)
  expect(said.at(-1)).toBe('1')
})

it('ends a request of a program by closing its connection, and says so', async () => {
  const { said, conversation, ...killing } = served()
  await killRequest(killing, { request: (running as unknown as RunningRequest).id, by: 'root' }, conversation)
  expect(said).toEqual([
    'ended request r-1, GET /, after 1.5 s: its client got 503',
    'its connection to feed/4711 was closed; a program cannot be told more, and may be at it until it looks',
    '0',
  ])
})
