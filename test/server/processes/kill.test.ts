import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { load } from '../../double/load.ts'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { httpPid, untilWorkers, workerPids } from '../../double/processes.ts'
import { startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')

function config(directory = apps): string {
  return [
    'applications:',
    '  ledger:',
    '    wsgi: ledger:application',
    `    directory: ${directory}`,
    '    processes: 2',
    '    threads: 3',
    '    environment: { LEDGER: /dev/null }',
    'mounts: { /: ledger }',
  ].join('\n')
}

describe('kill -9 of a worker under load', () => {
  it('costs the requests it held a 502 whose log line names the signal, and nobody else anything', async () => {
    const server = await startPortico({ config: config(), files: { ledger: '' } })
    await server.stop()
    const ledger = join(server.directory, 'ledger')
    // So slow that a worker is hardly ever caught between two requests: what it has not read yet is made again elsewhere.
    const text = config().replace('/dev/null', `${ledger}, LEDGER_TIME: "0.05"`)
    const busy = await startPortico({ config: text })
    const [victim = 0] = await untilWorkers(busy, 2)
    const requests = 600
    const answers = await load({
      url: busy.url,
      requests,
      connections: 32,
      path: (n) => `/?token-${n}`,
      answered: (count) => {
        // Threads answer in step: right behind an answer all three may be between two requests, half a request later none.
        if (count === 200) setTimeout(() => process.kill(victim, 'SIGKILL'), 25)
      },
    })
    const failed = answers.filter(({ status }) => status !== 200)
    expect(answers).toHaveLength(requests)
    expect(failed.map(({ status }) => status)).toEqual(failed.map(() => 502))
    const begun = readFileSync(ledger, 'utf8').trimEnd().split('\n')
    expect(new Set(begun).size).toBe(begun.length)
    // Three threads: at most three requests were in its hands, at least one was.
    expect(failed.length).toBeGreaterThanOrEqual(1)
    expect(failed.length).toBeLessThanOrEqual(3)
    for (const { body } of failed) {
      const id = /<code>([^<]+)</.exec(body)?.[1] ?? 'no id'
      const line = await eventually('the log line of the lost request', () =>
        busy
          .stderr()
          .split('\n')
          .find((one) => one.includes(`request=${id}`) && one.includes('request.failed')),
      )
      expect(line).toContain('SIGKILL')
    }
    for (const [n, { status, body }] of answers.entries())
      if (status === 200) expect(body).toBe(`token-${n}\n`)
    const after = await untilWorkers(busy, 2)
    expect(after).not.toContain(victim)
  })
})

describe('kill -9 of the HTTP process', () => {
  it('is mended within a second by a new one, and the workers live on', async () => {
    const server = await startPortico({ config: config() })
    const workers = await untilWorkers(server, 2)
    const killed = httpPid(server)
    process.kill(killed, 'SIGKILL')
    await eventually('the end of the HTTP process', () => (isAlive(killed) ? undefined : true))
    const started = performance.now()
    const [answer] = await load({ url: server.url, requests: 1, connections: 1, path: () => '/?a' })
    expect(answer?.status).toBe(200)
    expect(performance.now() - started).toBeLessThan(1000)
    expect(workerPids(server)).toEqual(workers)
    expect(httpPid(server)).not.toBe(killed)
  })
})

describe('kill -9 of the supervisor', () => {
  it('leaves nothing behind', async () => {
    const server = await startPortico({ config: config() })
    await untilWorkers(server, 2)
    const tree = processTree(server.pid)
    expect(tree.length).toBeGreaterThanOrEqual(4)
    server.kill('SIGKILL')
    await within(5000, server.exit, 'the end of the supervisor')
    await eventually('the end of every process', () => (tree.some(isAlive) ? undefined : true), 5000)
    const again = await startPortico({
      config: config().replace('mounts', `listen: "127.0.0.1:${server.port}"\nmounts`),
    })
    const [answer] = await load({ url: again.url, requests: 1, connections: 1, path: () => '/?b' })
    expect(answer?.status).toBe(200)
  })
})
