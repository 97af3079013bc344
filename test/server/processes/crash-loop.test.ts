// Workers that end again and again, each soon after it was ready: they are started more and more slowly. Requests wait
// for the next start when it is near; else 503 says when to come again.

import { expect, it } from 'vitest'
import { askAs } from '../../double/edited-project.ts'
import { eventually } from '../../double/eventually.ts'
import type { RunningPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'
import { startDying, untilEvent, untilReport } from './dying.ts'

/** One after the other: each waits for the worker that it ends. */
async function endWorkers(server: RunningPortico, count: number): Promise<void> {
  for (let n = 0; n < count; n++) expect((await ask(server.port, '/segfault')).status).toBe(502)
}

it('lets requests wait while the next start is near', async () => {
  const server = await startDying()
  await endWorkers(server, 4)
  const answers = await Promise.all(['/', '/', '/'].map((path) => ask(server.port, path)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const report = await untilReport(server, 4)
  expect(report).toContain(' deaths=4 retryMs=400\n')
  expect(report).toContain('the next one starts in 0.4 s')
})

it('answers 503 with the time to the next start when that is far off, and shows why with --reload', async () => {
  const [server, developed] = await Promise.all([startDying(), startDying({ args: ['--reload'] })])
  await Promise.all([endWorkers(server, 8), endWorkers(developed, 8)])

  const refused = await eventually('a refusal', async () => {
    const reply = await ask(server.port, '/')
    return reply.status === 503 ? reply : undefined
  })
  const failed = await untilEvent(server, 'request.failed', 'status=503')
  expect(failed).toContain('reason="Worker 8 of application \\"dies\\" was killed by SIGSEGV')
  const leftMs = Number(/ retryMs=(\d+)/.exec(failed)?.[1])
  expect(leftMs).toBeGreaterThan(0)
  expect(leftMs).toBeLessThanOrEqual(6400)
  expect(refused.fields.get('retry-after')).toBe(String(Math.ceil(leftMs / 1000)))
  expect(refused.body).not.toContain('SIGSEGV')
  // The cause once, in full.
  await untilReport(server, 8)
  expect(server.stderr().match(/Fatal Python error/g)).toHaveLength(1)
  expect(
    server.stderr().match(/As before: Worker \d of application "dies" was killed by SIGSEGV/g),
  ).toHaveLength(7)

  const page = await eventually('the page', async () => {
    const reply = await askAs('person', developed)
    return reply.status === 503 ? reply : undefined
  })
  expect(page.body).toContain('The workers of this application end again and again')
  expect(page.body).toContain('was killed by SIGSEGV')
  expect(page.body).toMatch(/dies\.py&quot;, line \d+ in touches_nothing/)

  for (const one of [server, developed])
    await eventually('an answer', async () => ((await ask(one.port, '/')).status === 200 ? true : undefined))
}, 60_000)
