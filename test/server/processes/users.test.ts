import { chmodSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { httpPid, untilWorkers } from '../../double/processes.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { startPortico } from '../../double/server.ts'
import { scratch } from '../cli/command.ts'

const nobody = 65534

const application = [
  'import os',
  'def application(environ, start_response):',
  "    start_response('200 OK', [('Content-Type', 'text/plain')])",
  "    return [('%d %d %s' % (os.getuid(), os.getgid(), os.getgroups())).encode()]",
].join('\n')

function uidOf(pid: number): number {
  return Number(/^Uid:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
}

async function start(settings: string) {
  const directory = scratch({ 'who.py': application })
  chmodSync(directory, 0o755)
  const config = [settings, `mounts: { /: who }`].join('\n').replace('DIRECTORY', directory)
  const server = await startPortico({ config, program: publicProgram() })
  await untilWorkers(server, 1)
  const answer = await fetch(server.url)
  return { server, body: await answer.text(), status: answer.status }
}

// Only root can become somebody else; npm test runs these as root.
describe.skipIf(process.getuid?.() !== 0)('user', () => {
  it('at the top is whom the HTTP process and the workers run as', async () => {
    const who = 'applications: { who: { wsgi: "who:application", directory: DIRECTORY, processes: 1 } }'
    const { server, body, status } = await start(`user: nobody\n${who}`)
    expect(status).toBe(200)
    expect(body).toBe(`${nobody} ${nobody} [${nobody}]`)
    expect(uidOf(httpPid(server))).toBe(nobody)
    expect(uidOf(server.pid)).toBe(0)
  })

  it('of an application is whom only its workers run as', async () => {
    const who =
      'applications: { who: { wsgi: "who:application", directory: DIRECTORY, processes: 1, user: nobody } }'
    const { server, body, status } = await start(who)
    expect(status).toBe(200)
    expect(body).toContain(`${nobody} ${nobody}`)
    expect(uidOf(httpPid(server))).toBe(0)
  })
})
