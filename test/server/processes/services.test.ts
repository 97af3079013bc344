import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Account, identityOf } from '../../double/account.ts'
import { eventually } from '../../double/eventually.ts'
import { isAlive, parentOf, processTree } from '../../double/process-tree.ts'
import { httpPid } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { portico, scratch } from '../cli/command.ts'

const root = join(import.meta.dirname, '../../..')
const mounts = 'mounts: { /: { files: public } }'
const files = { 'public/index.html': 'ready\n' }

/** Lines of the log with an event of a service. */
function events(server: RunningPortico, event: string, service: string): string[] {
  const lines = server.stderr().split('\n')
  return lines.filter((line) => line.includes(`${event} `) && line.includes(`service=${service}`))
}

function pidsOf(server: RunningPortico, service: string): number[] {
  return events(server, 'service.start', service).map((line) => Number(/pid=(\d+)/.exec(line)?.[1]))
}

function untilStarted(server: RunningPortico, service: string, times = 1): Promise<number> {
  return eventually(`start ${times} of ${service}`, () => pidsOf(server, service)[times - 1])
}

function untilSaid(server: RunningPortico, text: string): Promise<true> {
  return eventually(`"${text}" in the log`, () => (server.stderr().includes(text) ? true : undefined))
}

function start(services: readonly string[], more: Parameters<typeof startPortico>[0] = {}) {
  return startPortico({ config: ['services:', ...services, mounts].join('\n'), files, ...more })
}

/** Portico as it is started by what leaves a descriptor of its own open. */
function withDescriptor(): string {
  const script = `#!/bin/sh\nexec 7</dev/zero "${process.execPath}" "${root}/bin/portico.js" "$@"\n`
  const path = join(scratch({ portico: script }), 'portico')
  chmodSync(path, 0o755)
  return path
}

/** What a supervisor that was killed should not have left behind. */
function endAll(pids: readonly number[]): void {
  for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
}

describe('a service', () => {
  it('has its directory, an environment without the secrets of the server, and three descriptors', async () => {
    const server = await start(
      [
        '  talker:',
        `    command: [sh, -c, 'echo "from $PWD with $OWN, \${SECRET-no secret}"; echo oops >&2; exec sleep 600']`,
        '    directory: public',
        '    environment: { OWN: thing }',
      ],
      { environment: { SECRET: 'of the server' }, program: withDescriptor() },
    )
    const pid = await untilStarted(server, 'talker')
    await untilSaid(server, `from ${server.directory}/public with thing, no secret`)
    const [said = ''] = events(server, 'service.output', 'talker')
    expect(said).toMatch(/info|INFO/)
    expect(said).toContain('stream=stdout')
    await untilSaid(server, 'oops')
    await eventually('the program itself', () =>
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('sleep') ? true : undefined,
    )
    expect(readdirSync(`/proc/${pid}/fd`).sort()).toEqual(['0', '1', '2'])
    expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null')
    const [group, session] = execFileSync('ps', ['-o', 'pgid=,sid=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number)
    expect([group, session]).toEqual([pid, pid])
    expect(server.stderr()).toMatch(/^service {2}talker +\/.*sh -c/m)
  })

  // Only root can become somebody else; npm test runs these as root.
  it.skipIf(process.getuid?.() !== 0)(
    'runs as its user, with the groups and the home of that user',
    async () => {
      const account = new Account()
      onTestFinished(() => account.remove())
      const directory = scratch({})
      const server = await start([
        '  whoami:',
        `    command: [sh, -c, 'echo "I am $USER in $PWD"; exec sleep 600']`,
        `    directory: ${directory}`,
        `    user: ${account.name}`,
        '  root:',
        `    command: [sleep, "600"]`,
      ])
      await untilSaid(server, `I am ${account.name} in ${directory}`)
      const { uid, gid, groups } = account
      expect(identityOf(await untilStarted(server, 'whoami'))).toEqual({ uid, gid, groups })
      expect(identityOf(await untilStarted(server, 'root')).uid).toBe(0)
    },
  )

  it('is started again when it was killed, with the reason in the log', async () => {
    const server = await start(['  sleeper: { command: [sleep, "600"] }'])
    const first = await untilStarted(server, 'sleeper')
    process.kill(first, 'SIGKILL')
    const second = await untilStarted(server, 'sleeper', 2)
    expect(second).not.toBe(first)
    expect(isAlive(second)).toBe(true)
    const [ended = ''] = events(server, 'service.exited', 'sleeper')
    expect(ended).toContain('was killed by SIGKILL')
    expect(ended).toContain('signal=SIGKILL restarts=0 retryMs=100')
  })

  it('is started again when it has ended well, later and later, and the server answers meanwhile', async () => {
    const server = await start(['  brief: { command: ["true"] }'])
    await untilStarted(server, 'brief', 4)
    const waits = await eventually('the fourth end', () => {
      const ended = events(server, 'service.exited', 'brief')
      return ended.length < 4 ? undefined : ended.map((line) => /code=0 .*retryMs=(\d+)/.exec(line)?.[1])
    })
    expect(waits.slice(0, 4)).toEqual(['100', '200', '400', '800'])
    expect((await fetch(server.url)).status).toBe(200)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('that cannot run leaves the server alone', async () => {
    const interpreter = join(scratch({ interpreter: '#!/no/such/interpreter\n' }), 'interpreter')
    chmodSync(interpreter, 0o755)
    const server = await start(['  broken: { command: [./broken] }'], {
      // Its interpreter is a script in turn, and the interpreter of that is not there.
      files: { ...files, broken: `#!${interpreter}\n` },
    })
    await untilSaid(server, 'needs a loader or an interpreter that does not exist')
    expect((await fetch(server.url)).status).toBe(200)
  })
})

describe('the end of a service', () => {
  const children = [
    '  family:',
    // The parent ends well when asked to, and says what its child got.
    `    command: [sh, -c, 'trap "echo asked by INT; exit 0" INT; sh -c "trap \\"echo child was asked\\" INT TERM; while :; do sleep 0.1; done" & echo family ready; while :; do sleep 0.1; done']`,
    '    stop_signal: SIGINT',
  ]

  it('is asked for with its signal, of the program alone; then what is left of its group goes', async () => {
    const server = await start(children)
    const pid = await untilStarted(server, 'family')
    await untilSaid(server, 'family ready')
    const tree = processTree(pid)
    expect(tree.length).toBeGreaterThan(1)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toContain('asked by INT')
    expect(events(server, 'service.output', 'family').join()).not.toContain('child was asked')
    expect(events(server, 'service.stopped', 'family')[0]).toContain('code=0')
    expect(tree.filter(isAlive)).toEqual([])
  })

  it('comes by SIGKILL for the whole group after stop_time', async () => {
    const server = await start([
      '  stubborn:',
      `    command: [sh, -c, 'trap "" TERM; sleep 600 & echo deaf; while :; do sleep 0.1; done']`,
      '    stop_time: 300ms',
    ])
    const pid = await untilStarted(server, 'stubborn')
    await untilSaid(server, 'deaf')
    const tree = processTree(pid)
    const began = performance.now()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeGreaterThan(290)
    expect(events(server, 'service.killed', 'stubborn')).toHaveLength(1)
    expect(tree.filter(isAlive)).toEqual([])
  })

  it('comes with that of a supervisor that is killed, also for what it has started', async () => {
    const server = await start([...children, '  other: { command: [sleep, "600"] }'])
    const family = await untilStarted(server, 'family')
    await untilStarted(server, 'other')
    await untilSaid(server, 'family ready')
    const tree = processTree(server.pid)
    expect(tree).toContain(family)
    // Its child, the sleep of either, the other service, what watches over them, and the HTTP process.
    expect(tree.length).toBeGreaterThanOrEqual(6)
    onTestFinished(() => endAll(tree))
    server.kill('SIGKILL')
    await within(5000, server.exit, 'the end of the supervisor')
    await eventually('the end of every process', () => (tree.some(isAlive) ? undefined : true), 5000)
  })

  it('is assured again when what assures it was killed', async () => {
    const server = await start(['  sleeper: { command: [sleep, "600"] }'])
    const pid = await untilStarted(server, 'sleeper')
    onTestFinished(() => endAll([pid]))
    const keeper = (): number | undefined =>
      processTree(server.pid).find(
        (one) =>
          parentOf(one) === server.pid && readFileSync(`/proc/${one}/cmdline`, 'latin1').includes('keeper'),
      )
    const first = await eventually('the keeper', keeper)
    process.kill(first, 'SIGKILL')
    await eventually('another keeper', () => {
      const now = keeper()
      return now === undefined || now === first ? undefined : now
    })
    // It is seen before it has been told; whoever answers has told it.
    expect((await portico(['status'], { directory: server.directory })).code).toBe(0)
    server.kill('SIGKILL')
    await eventually('the end of the service', () => (isAlive(pid) ? undefined : true), 5000)
  })
})

describe('a reload', () => {
  it('starts what is new, ends what is gone, and replaces what has changed alone, one after the other', async () => {
    const deaf = `command: [sh, -c, 'trap "sleep 0.3; exit 0" TERM; while :; do sleep 0.05; done']`
    const server = await start([
      '  same: { command: [sleep, "600"] }',
      '  gone: { command: [sleep, "601"] }',
      `  changed: { ${deaf}, environment: { N: "1" } }`,
    ])
    const same = await untilStarted(server, 'same')
    const gone = await untilStarted(server, 'gone')
    const before = await untilStarted(server, 'changed')
    const http = httpPid(server)
    const services = [
      'services:',
      '  same: { command: [sleep, "600"] }',
      '  new: { command: [sleep, "602"] }',
      `  changed: { ${deaf}, environment: { N: "2" } }`,
    ]
    writeFileSync(join(server.directory, 'portico.yaml'), [...services, mounts].join('\n'))
    server.kill('SIGHUP')
    const after = await untilStarted(server, 'changed', 2)
    expect(isAlive(before)).toBe(false)
    expect(readFileSync(`/proc/${after}/environ`, 'latin1')).toContain('N=2\0')
    expect(isAlive(await untilStarted(server, 'new'))).toBe(true)
    await eventually('the end of what is gone', () => (isAlive(gone) ? undefined : true))
    expect(isAlive(same)).toBe(true)
    expect(pidsOf(server, 'same')).toEqual([same])
    expect(httpPid(server)).toBe(http)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect([same, after].filter(isAlive)).toEqual([])
  })
})

describe('portico check', () => {
  it('finds a program that is not there, and counts services', async () => {
    const directory = scratch({
      'portico.yaml': `services: { a: { command: [./missing] } }\n${mounts.replace('public', '.')}\n`,
    })
    const bad = await portico(['check'], { directory })
    expect(bad.code).toBe(78)
    expect(bad.stderr).toContain(
      `portico.yaml:1:28: services.a.command[0]: the program "${directory}/missing" does not exist`,
    )
    const good = scratch({
      'portico.yaml': `services: { a: { command: [sh] } }\n${mounts.replace('public', '.')}\n`,
    })
    const { code, stdout } = await portico(['check'], { directory: good })
    expect(code).toBe(0)
    expect(stdout).toContain('1 service')
  })
})
