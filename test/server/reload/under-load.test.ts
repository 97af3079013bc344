// Edits while requests come in: each gets an answer, and versions never go back on one connection.

import { afterEach, describe, expect, it } from 'vitest'
import { EditedProject, eventCount } from '../../double/edited-project.ts'
import { eventually } from '../../double/eventually.ts'
import { load } from '../../double/load.ts'

let project: EditedProject | undefined
afterEach(() => project?.remove())

const version = (n: number): string =>
  `import time\ndef application(environ, start_response):\n    time.sleep(0.02)\n    start_response('200 OK', [])\n    return [b'${n}']\n`

describe('ten edits under load', () => {
  it('cost no request its answer', async () => {
    project = new EditedProject()
    project.write('wsgi.py', version(0))
    const server = await project.serve('--reload', '--processes', '2')
    const requests = 200
    const edits = 10
    let edited = 0
    const rounds: Promise<unknown>[] = []
    const seen = async (): Promise<void> => {
      while (edited < edits) {
        const before = eventCount(server, 'application.renewed')
        project?.write('wsgi.py', version(++edited))
        await eventually('the new code answers', () =>
          eventCount(server, 'application.renewed') > before ? true : undefined,
        )
      }
    }
    // Rounds of load until all edits are made: however slow the machine, there are requests beside each.
    const editing = seen()
    const answers = []
    do {
      answers.push(
        ...(await load({ url: server.url, requests: requests / 4, connections: 8, path: () => '/' })),
      )
    } while (edited < edits || answers.length < requests)
    await Promise.all([editing, ...rounds])
    expect(answers.filter(({ status, error }) => status !== 200 || error !== '')).toEqual([])
    const versions = answers.map(({ body }) => Number(body))
    expect(new Set(versions).size).toBeGreaterThan(3)
    const [last] = await load({ url: server.url, requests: 1, connections: 1, path: () => '/' })
    expect(last?.body).toBe(String(edits))
  })

  it('let a request finish that was running when the edit came', async () => {
    project = new EditedProject()
    project.write(
      'wsgi.py',
      `import os, time\ndef application(environ, start_response):\n    start_response('200 OK', [])\n    yield b'begun '\n    while not os.path.exists('go'):\n        time.sleep(0.01)\n    yield b'old'\n`,
    )
    const server = await project.serve('--reload', '--processes', '1')
    const answer = await fetch(server.url)
    project.write('wsgi.py', version(1))
    await eventually('the new code answers', () =>
      eventCount(server, 'application.renewed') > 0 ? true : undefined,
    )
    expect(await (await fetch(server.url)).text()).toBe('1')
    project.write('go', '')
    expect(await answer.text()).toBe('begun old')
    await eventually('the old worker ends', () =>
      eventCount(server, 'worker.retired') > 0 ? true : undefined,
    )
  })
})
