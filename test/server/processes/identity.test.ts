// Code of a virtual environment runs before the first line of a worker: as the user of the application, never as root.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Account, identityOf, type WatchedProject } from '../../double/account.ts'
import { eventually } from '../../double/eventually.ts'
import { httpPid, untilWorkers } from '../../double/processes.ts'
import { isMissing, libpython, plainEnvironment } from '../../double/project.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'
import { portico } from '../cli/command.ts'

const application = [
  'def application(environ, start_response):',
  "    start_response('200 OK', [('Content-Type', 'text/plain')])",
  "    return [b'here']",
  '',
].join('\n')

function configuration(user: string, more = ''): string {
  return [
    'listen: "127.0.0.1:0"',
    'applications:',
    `  shop: { wsgi: "app:application", processes: 1, user: ${user}${more} }`,
    'mounts: { /: shop }',
    '',
  ].join('\n')
}

function serve(directory: string, ...args: readonly string[]) {
  const all = ['serve', directory, ...args]
  return startPortico({ args: all, program: publicProgram(), environment: plainEnvironment })
}

function expectOwner(project: WatchedProject, atLeast = 1): void {
  const { as, count } = project.runs
  expect(as).toEqual([project.expected])
  expect(count).toBeGreaterThanOrEqual(atLeast)
}

// Only root can become somebody else; npm test runs these as root.
describe.skipIf(process.getuid?.() !== 0)('an interpreter started by root', () => {
  let account: Account
  beforeAll(() => {
    account = new Account()
  })
  afterAll(() => account.remove())

  const project = (config?: string, name = 'app.py') =>
    account.project({ [name]: application, ...(config === undefined ? {} : { 'portico.yaml': config }) })

  it.each([[['check']], [['check', '--load']]])('is its user when asked by portico %j', async (args) => {
    const it = project(configuration(account.name))
    const { code, stderr } = await portico([...args, it.directory], { program: publicProgram() })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectOwner(it, args.length)
  })

  it('is its user in a worker, and in the workers of new code', async () => {
    const it = project(configuration(account.name))
    const server = await serve(it.directory, '--reload')
    const [pid = 0] = await untilWorkers(server, 1)
    const { uid, gid, groups } = account
    expect(identityOf(pid)).toEqual({ uid, gid, groups })
    expect((await ask(server.port, '/')).body).toBe('here')
    expectOwner(it)
    const { count } = it.runs
    it.append('app.py', '# new\n')
    await eventually('a worker of the new code', () => (it.runs.count > count ? true : undefined))
    expect((await ask(server.port, '/')).body).toBe('here')
    expectOwner(it, count + 1)
  })

  it('takes the HTTP process along, with its groups', async () => {
    const it = project(`user: ${account.name}\n${configuration(account.name)}`)
    const server = await serve(it.directory)
    const { uid, gid, groups } = account
    expect(identityOf(httpPid(server))).toEqual({ uid, gid, groups })
    expect((await ask(server.port, '/')).status).toBe(200)
    expectOwner(it)
  })

  it('has the group that is named in place of its own', async () => {
    const it = project(configuration(account.name, ', group: nogroup'))
    const server = await serve(it.directory)
    const [pid = 0] = await untilWorkers(server, 1)
    const { uid, groups, gid } = account
    const others = [...groups.filter((group) => group !== gid), 65534]
    expect(identityOf(pid)).toEqual({ uid, gid: 65534, groups: others.sort((a, b) => a - b) })
  })

  it('gets the environment of its application whole', async () => {
    const variables = {
      UID: '7',
      LANG: 'C.UTF-8',
      QUOTED: `it's "a" $HOME \`x\`\nand more`,
      LD_BIND_NOW: '1',
    }
    const it = project(configuration(account.name, `, environment: ${JSON.stringify(variables)}`))
    const code = `import json, os\nrecord = ${JSON.stringify(`${it.directory}/environment`)}\nopen(record, 'w').write(json.dumps(dict(os.environ)))\n`
    it.append('app.py', code)
    const { code: exit } = await portico(['check', '--load', it.directory], { program: publicProgram() })
    expect(exit).toBe(0)
    const environment = JSON.parse(it.read('environment')) as Record<string, string>
    expect(environment).toMatchObject({ ...variables, USER: account.name, LOGNAME: account.name })
    const ours = /^(PORTICO_CARRIED_|PWD$|OLDPWD$|SHLVL$)/
    expect(Object.keys(environment).filter((name) => ours.test(name))).toEqual([])
  })

  it.skipIf(isMissing(libpython))('is its user when it is asked for its library, and embedded', async () => {
    const embedded = configuration(account.name, ', mode: embedded, python: .venv')
    const it = project(`user: ${account.name}\n${embedded}`)
    const server = await serve(it.directory)
    expect((await ask(server.port, '/')).body).toBe('here')
    expectOwner(it, 2)
  })

  it.each(['app.py', 'elsewhere.py'])(
    'is the owner of a directory that root serves as it is (%s)',
    async (name) => {
      const it = project(undefined, name)
      const what = name === 'app.py' ? [it.directory] : ['elsewhere:application']
      const server = await startPortico({
        args: ['serve', ...what, '--listen', '127.0.0.1:0', '--processes', '1'],
        cwd: it.directory,
        program: publicProgram(),
        environment: plainEnvironment,
      })
      const [pid = 0] = await untilWorkers(server, 1)
      const { uid, gid, groups } = account
      expect([pid, httpPid(server)].map(identityOf)).toEqual([
        { uid, gid, groups },
        { uid, gid, groups },
      ])
      expect(server.stderr()).toContain(
        `user: ${account.name}, whose "${it.directory}" is; nothing of it but the supervisor runs as root`,
      )
      expect((await ask(server.port, '/')).body).toBe('here')
      expectOwner(it)
    },
  )
})
