import { describe, expect, it } from 'vitest'
import { application } from '../../../test/app/worker/stand-in.ts'
import type { Conversation } from './conversation.ts'
import { killRequest } from './kill.ts'
import type { AskHttp } from './questions.ts'
import { tellStack } from './stack.ts'
import type { Supervisors } from './whereabouts.ts'

const ofProgram = {
  ...{ id: 'r-1', method: 'GET', target: '/', stage: 'waiting', handler: 'fastcgi' },
  ...{ worker: 'feed/4711', ageMs: 1500 },
}

/** A server whose only worker is a program. @param running the request in progress */
function served(running: object = ofProgram, threads = 4) {
  const said: string[] = []
  const supervisor = {
    application: application({
      name: 'feed',
      threads,
      program: { command: ['/srv/feed'], wire: 'fastcgi' as const },
    }),
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
  await killRequest(killing, { request: ofProgram.id, by: 'root' }, conversation)
  expect(said).toEqual([
    'ended request r-1, GET /, after 1.5 s: its client got 503',
    'its connection to feed/4711 was closed; a program cannot be told more, and may be at it until it looks',
    '0',
  ])
})

it('ends a program that serves one request at a time', async () => {
  const { said, conversation, ...killing } = served(ofProgram, 1)
  await killRequest(killing, { request: ofProgram.id, by: 'root' }, conversation)
  expect(said[1]).toBe(
    'its process, which serves one request at a time, is ended, and another takes its place',
  )
})

describe.each(['unix:/run/php/8', '10.0.0.2:9000'])('a request at %s', (address) => {
  const running = { ...ofProgram, worker: `wiki@${address}` }

  it('is ended by closing its connection, and says no more than that', async () => {
    const { said, conversation, ...killing } = served(running)
    await killRequest(killing, { request: running.id, by: 'root' }, conversation)
    expect(said[1]).toBe(
      `its connection to ${address} was closed (one that carries several gets FCGI_ABORT_REQUEST); the application there may be at it until it looks`,
    )
    expect(said.at(-1)).toBe('0')
  })

  it('is said to run there', async () => {
    const { said, conversation, ...looked } = served(running)
    await tellStack(looked, running.id, conversation)
    expect(said[0]).toContain(`it runs in a process that listens at ${address} and was not started here`)
    expect(said.slice(1)).toEqual([`request r-1, GET /, waiting at ${address}`, '1'])
  })
})
