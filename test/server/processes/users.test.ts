import { chmodSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../../double/eventually.ts'
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

  it('may write logs that root alone may make, also after they were renamed', async () => {
    const directory = scratch({ 'public/a.txt': 'a', 'logs/here': '' })
    chmodSync(directory, 0o755)
    const [access, error] = [join(directory, 'logs/access.log'), join(directory, 'logs/error.log')]
    const server = await startPortico({
      config: `user: nobody\nlog: { access: ${access}, error: ${error} }\nmounts: { /: { files: ${directory}/public } }`,
      program: publicProgram(),
    })
    // The HTTP process opens its log a moment after the supervisor: asked until the file has it.
    const asked = (text: string) =>
      vi.waitFor(
        async () => {
          await fetch(`${server.url}/${text}`)
          expect(readFileSync(access, 'utf8')).toContain(text)
        },
        { timeout: 15_000 },
      )
    await asked('first')
    for (const log of [access, error]) renameSync(log, `${log}.1`)
    server.kill('SIGUSR1')
    await eventually('new files', () => (existsSync(access) && existsSync(error) ? true : undefined))
    await asked('second')
    expect([access, error].map((log) => [statSync(log).uid, statSync(log).mode & 0o777])).toEqual([
      [nobody, 0o640],
      [nobody, 0o640],
    ])
    expect(readFileSync(error, 'utf8')).not.toContain('log.failed')
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
