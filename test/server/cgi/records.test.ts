// What both launchers say to records, octet by octet the same (FastCGI 1.0), without a server in front of them.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PythonWorker } from '../../../src/process/worker/python-worker.ts'
import type { WorkerEnd } from '../../../src/process/worker/worker-contract.ts'
import { workerLaunch } from '../../../src/process/worker/worker-launch.ts'
import {
  encodeAbort,
  encodeBegin,
  encodeEnd,
  encodeRecord,
  encodeStream,
  encodeStreamEnd,
  encodeUnknownType,
  recordType,
  role,
} from '../../../src/wire/fastcgi.ts'
import { encodePair } from '../../../src/wire/fastcgi-params.ts'
import {
  application,
  place,
  python,
  recordingLog,
  temporaryDirectory,
  until,
} from '../../app/worker/stand-in.ts'
import { launchers } from './scripts.ts'

const packagePath = fileURLToPath(new URL('../../../python/portico_worker', import.meta.url))
const launcherPath = fileURLToPath(new URL('../../../dist/launcher/main.js', import.meta.url))
const greeting = encodeRecord(
  recordType.getValues,
  0,
  Buffer.from(encodePair('FCGI_MPXS_CONNS', '') + encodePair('FCGI_MAX_CONNS', ''), 'latin1'),
)

interface Launcher {
  readonly worker: PythonWorker
  /** Where scripts are. */
  readonly directory: string
  readonly said: () => string
  open(): Peer
  readonly end: Promise<WorkerEnd>
}

class Peer {
  readonly socket: Socket
  received = Buffer.alloc(0)
  closed = false

  constructor(address: string) {
    this.socket = connect(address)
    this.socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes])
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
    onTestFinished(() => void this.socket.destroy())
  }

  send(...pieces: Buffer[]): void {
    this.socket.write(Buffer.concat(pieces))
  }

  /** All that has come until it is `wanted`. */
  async until(wanted: Buffer): Promise<void> {
    try {
      await until(() => this.received.length >= wanted.length, 'the answer', 8000)
    } finally {
      expect(this.received.toString('latin1')).toBe(wanted.toString('latin1'))
    }
  }
}

async function start(how: (typeof launchers)[number], slots = 2, time = 0): Promise<Launcher> {
  const directory = temporaryDirectory()
  const log = recordingLog()
  const spec = application({
    python: how.launcher === 'python' ? python() : '',
    threads: slots,
    launcher: {
      command: null,
      directory: null,
      roots: [directory],
      warm: false,
      preload: null,
      time,
      rlimits: {},
    },
  })
  let ready = false
  let worker: PythonWorker | undefined
  const end = new Promise<WorkerEnd>((resolve) => {
    const sink = {
      ready: () => {
        ready = true
      },
      loaded: () => {},
      deadlocked: () => {},
      exited: (_: unknown, how: WorkerEnd) => resolve(how),
    }
    const launch = workerLaunch(spec, place('ready', { packagePath, launcherPath }), 1)
    worker = new PythonWorker(launch, sink, log, () => performance.now())
  })
  if (worker === undefined) throw new Error('there is no worker')
  const { address } = worker
  const started = worker
  onTestFinished(() => started.stop(0))
  const said = (): string => log.entries.map(({ text }) => text).join('\n')
  await until(() => ready, `ready; it said: ${said()}`)
  return { worker, directory, said, open: () => new Peer(address), end }
}

function params(id: number, variables: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(variables).map(([name, value]) => encodePair(name, value))
  return Buffer.concat([
    encodeRecord(recordType.params, id, Buffer.from(pairs.join(''), 'latin1')),
    encodeStreamEnd(recordType.params, id),
  ])
}

function request(id: number, script: string, keep = true): Buffer {
  return Buffer.concat([
    encodeBegin(id, role.responder, keep),
    params(id, { SCRIPT_FILENAME: script, REQUEST_METHOD: 'GET', REQUEST_ID: `r${id}` }),
    encodeStreamEnd(recordType.stdin, id),
  ])
}

function script({ directory }: Launcher, name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o755 })
  return path
}

function output(id: number, text: string): Buffer {
  return Buffer.concat(encodeStream(recordType.stdout, id, Buffer.from(text)))
}

function ended(id: number, status = 0, errors = ''): Buffer {
  return Buffer.concat([
    ...encodeStream(recordType.stderr, id, Buffer.from(errors)),
    encodeStreamEnd(recordType.stdout, id),
    ...(errors === '' ? [] : [encodeStreamEnd(recordType.stderr, id)]),
    encodeEnd(id, status, 0),
  ])
}

function values(slots: number): Buffer {
  const pairs = encodePair('FCGI_MPXS_CONNS', '0') + encodePair('FCGI_MAX_CONNS', String(slots))
  return encodeRecord(recordType.getValuesResult, 0, Buffer.from(pairs, 'latin1'))
}

describe.each(launchers)('a launcher by whose hand scripts are $name', (how) => {
  it('answers a greeting once the connection has a slot, in the order of asking', async () => {
    const launcher = await start(how, 1)
    const [first, second, third] = [launcher.open(), launcher.open(), launcher.open()]
    first.send(greeting)
    await first.until(values(1))
    second.send(greeting)
    third.send(greeting)
    const path = script(launcher, 'a', 'echo done')
    first.send(request(1, path))
    await first.until(Buffer.concat([values(1), output(1, 'done\n'), ended(1)]))
    expect([second.received.length, third.received.length]).toEqual([0, 0])
    first.socket.destroy()
    await second.until(values(1))
    expect(third.received.length).toBe(0)
  })

  it('refuses a second request on a connection, a role and a type that it does not know', async () => {
    const launcher = await start(how)
    const peer = launcher.open()
    const path = script(launcher, 'a', 'read line; echo "$line"')
    peer.send(encodeBegin(1, role.responder, true), params(1, { SCRIPT_FILENAME: path }))
    peer.send(encodeBegin(2, role.responder, true), encodeRecord(recordType.data, 1, Buffer.from('x')))
    peer.send(request(2, path).subarray(16))
    const refusal = encodeEnd(2, 0, 1)
    await peer.until(refusal)
    peer.send(
      ...encodeStream(recordType.stdin, 1, Buffer.from('line\n')),
      encodeStreamEnd(recordType.stdin, 1),
    )
    const answer = Buffer.concat([refusal, output(1, 'line\n'), ended(1)])
    await peer.until(answer)
    peer.send(encodeBegin(3, role.filter, true), encodeRecord(99, 0, Buffer.alloc(0)), request(4, path))
    const rest = [encodeEnd(3, 0, 3), encodeUnknownType(99), output(4, '\n'), ended(4)]
    await peer.until(Buffer.concat([answer, ...rest]))
  })

  it('takes records in pieces of one octet', async () => {
    const launcher = await start(how)
    const peer = launcher.open()
    const path = script(launcher, 'a', 'echo done')
    for (const octet of Buffer.concat([greeting, request(1, path)])) {
      peer.send(Buffer.from([octet]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await peer.until(Buffer.concat([values(2), output(1, 'done\n'), ended(1)]))
  })

  it('ends what is aborted', async () => {
    const launcher = await start(how)
    const peer = launcher.open()
    peer.send(encodeBegin(1, role.responder, true), encodeAbort(1))
    await peer.until(encodeEnd(1, 0, 0))
    const path = script(launcher, 'a', 'echo begun; exec sleep 60')
    peer.send(request(2, path))
    const begun = Buffer.concat([encodeEnd(1, 0, 0), output(2, 'begun\n')])
    await peer.until(begun)
    peer.send(encodeAbort(2))
    const sentence = `portico: script "${path}" was ended because its client or the HTTP process gave up the request (15 (SIGTERM))\n`
    await peer.until(Buffer.concat([begun, ended(2, 143, sentence)]))
  })

  it('closes a connection that was not to be kept', async () => {
    const launcher = await start(how)
    const peer = launcher.open()
    peer.send(request(1, script(launcher, 'a', 'echo done'), false))
    await peer.until(Buffer.concat([output(1, 'done\n'), ended(1)]))
    await until(() => peer.closed, 'the end of the connection')
  })

  const long = encodeRecord(recordType.params, 1, Buffer.alloc(65_528))
  it.each([
    ['what is no FastCGI', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['the same request twice', Buffer.concat([1, 1].map((id) => encodeBegin(id, role.responder, true)))],
    ['a malformed greeting', encodeRecord(recordType.getValues, 0, Buffer.from([9, 9]))],
    ['a short BEGIN', encodeRecord(recordType.begin, 1, Buffer.from([0, 1]))],
    [
      'input before its time',
      Buffer.concat([
        encodeBegin(1, role.responder, true),
        encodeRecord(recordType.stdin, 1, Buffer.from('a')),
      ]),
    ],
    [
      'malformed variables',
      Buffer.concat([
        encodeBegin(1, role.responder, true),
        encodeRecord(recordType.params, 1, Buffer.from([5, 5, 1])),
        encodeStreamEnd(recordType.params, 1),
      ]),
    ],
    [
      'too many variables',
      Buffer.concat([encodeBegin(1, role.responder, true), ...Array.from({ length: 17 }, () => long)]),
    ],
  ])('closes a connection for %s, and no other', async (_, octets) => {
    const launcher = await start(how)
    const [peer, other] = [launcher.open(), launcher.open()]
    other.send(greeting)
    await other.until(values(2))
    peer.send(octets)
    await until(() => peer.closed, 'the end of the connection')
    expect(peer.received.length).toBe(0)
    other.send(request(1, script(launcher, 'a', 'echo done')))
    await other.until(Buffer.concat([values(2), output(1, 'done\n'), ended(1)]))
  })

  it('says the same of what cannot be run', async () => {
    const launcher = await start(how)
    const { directory } = launcher
    const closed = script(launcher, 'closed', '')
    chmodSync(closed, 0o644)
    symlinkSync('/bin/true', join(directory, 'out'))
    symlinkSync('loop', join(directory, 'loop'))
    symlinkSync('nowhere', join(directory, 'lost'))
    mkdirSync(join(directory, 'inner'))
    writeFileSync(join(directory, 'text'), 'echo\n', { mode: 0o755 })
    writeFileSync(join(directory, 'bom'), '\ufeff#!/bin/sh\n', { mode: 0o755 })
    writeFileSync(join(directory, 'foreign'), `\x7fELF\x02\x01${'\0'.repeat(12)}\xf3\0${'\0'.repeat(80)}`, {
      mode: 0o755,
      encoding: 'latin1',
    })
    writeFileSync(join(directory, 'empty'), '', { mode: 0o755 })
    writeFileSync(join(directory, 'a\u00e9\n'), '#!/no/such\n', { mode: 0o755 })
    writeFileSync(join(directory, 'barred'), `#!${closed}\n`, { mode: 0o755 })
    const peer = launcher.open()
    const says: string[] = []
    const names = [
      'none',
      'closed',
      'out',
      'loop',
      'lost',
      'inner',
      'text',
      'bom',
      'foreign',
      'empty',
      'a\u00e9\n',
      'barred',
      'closed/x',
    ]
    for (const [i, name] of names.entries()) {
      const path = Buffer.from(join(directory, name)).toString('latin1')
      const before = peer.received.length
      peer.send(request(i + 1, path))
      const end = Buffer.from([1, recordType.end, 0, i + 1, 0, 8])
      await until(
        () => peer.received.indexOf(end, before) >= 0 && peer.received.length,
        `the answer to ${name}`,
      )
      const said = peer.received.subarray(before)
      const length = said.readUInt16BE(4)
      says.push(
        `${said.readUInt32BE(said.indexOf(end) + 8)} ${said.toString('utf8', 8, 8 + length).replaceAll(directory, 'DIR')}`,
      )
    }
    const chmod = 'it has no execute permission; allow it with chmod +x "DIR/closed"'
    const line = 'it has no "#!" line that says what runs it; add one, such as #!/bin/sh'
    const where =
      'outside of the directories that scripts may lie in; move it there, or name its directory in the configuration'
    expect(says).toEqual(
      [
        '127 portico: Script "DIR/none" does not exist (No such file or directory)',
        `126 portico: Script "DIR/closed" cannot be executed: ${chmod}`,
        `126 portico: Script "DIR/out" is really "/usr/bin/true", ${where}`,
        '126 portico: Script "DIR/loop" is a symbolic link that leads in a circle; correct it',
        '127 portico: Script "DIR/lost" is a symbolic link to "nowhere", which does not exist',
        '126 portico: Script "DIR/inner" is a directory; only regular files can be executed',
        `126 portico: Script "DIR/text" cannot be executed: ${line}`,
        '126 portico: Script "DIR/bom" cannot be executed: it begins with a byte order mark in front of "#!"; save it without one',
        '126 portico: Script "DIR/foreign" cannot be executed: it is a program for another kind of processor; build it for this system',
        `126 portico: Script "DIR/empty" cannot be executed: ${line}`,
        '127 portico: Script "DIR/a\u00e9\\n" cannot be executed: its first line names "/no/such", which does not exist; correct it or install that',
        `126 portico: Script "DIR/barred" cannot be executed: its first line names "DIR/closed", which user "${userInfo().username}" may not execute`,
        '127 portico: Script "DIR/closed/x" does not exist (Not a directory)',
      ].map((text) => `${text}\n`),
    )
  })

  it('leaves a stop the time that it is given, and no more', async () => {
    const launcher = await start(how)
    const [busy, stuck, idle] = [launcher.open(), launcher.open(), launcher.open()]
    idle.send(greeting)
    busy.send(request(1, script(launcher, 'a', 'echo begun; sleep 0.3; echo done')))
    stuck.send(request(1, script(launcher, 'b', 'echo begun; sleep 60')))
    await until(() => busy.received.length > 0 && stuck.received.length > 0, 'both scripts')
    const began = performance.now()
    launcher.worker.stop(1500)
    await until(() => idle.closed, 'the end of the idle connection')
    expect((await launcher.end).kind).toBe('retired')
    expect(performance.now() - began).toBeGreaterThan(1300)
    expect(performance.now() - began).toBeLessThan(1990)
    expect(busy.received.toString('latin1')).toContain('done')
    expect(busy.received.subarray(-16)).toEqual(encodeEnd(1, 0, 0))
    expect(stuck.received.toString('latin1')).not.toContain('done')
  })
})
