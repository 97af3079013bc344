// What the tests of CGI scripts share: a server whose scripts are executed, one whose Python scripts are warm, and one that
// finds no Python to start them.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { type PorticoOptions, type RunningPortico, startPortico } from '../../double/server.ts'
import { withoutPython } from '../../double/without-python.ts'

export const scripts = join(import.meta.dirname, '../../app/cgi')

export interface How {
  readonly name: string
  /** Of the mount. */
  readonly warm: boolean
  /** What starts the scripts. */
  readonly launcher: 'python' | 'node'
}

/** Executed. */
export const launchers: readonly How[] = [
  { name: 'executed', warm: false, launcher: 'python' },
  { name: 'executed without Python', warm: false, launcher: 'node' },
]

export const ways: readonly How[] = [...launchers, { name: 'warm', warm: true, launcher: 'python' }]

/** Octets are those of latin-1. */
export interface Said {
  readonly status: number
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
  readonly complete: boolean
  readonly line: string
}

export interface Site {
  readonly server: RunningPortico
  /** One request over a connection of its own. */
  ask(target: string, options?: AskOptions): Promise<Said>
}

export interface AskOptions {
  readonly method?: string
  readonly fields?: string
  readonly body?: string | Uint8Array
  /** In chunks in place of a Content-Length. */
  readonly chunked?: boolean
}

/** @param mount further keys of the mount, and further mounts behind a line feed */
export function config(how: How, mount = '', top = ''): string {
  return `${top}mounts:\n  /cgi-bin: { cgi: ${scripts}, warm: ${how.warm ? 'auto' : 'false'}${mount === '' ? '' : `, ${mount}`} }\n`
}

/** As startPortico, with the launcher that is wanted. */
export function serve(
  { launcher }: How,
  { environment, ...options }: PorticoOptions,
): Promise<RunningPortico> {
  const own = launcher === 'node' ? withoutPython() : {}
  return startPortico({ ...options, environment: { ...own, ...environment } })
}

/** One for all tests of a block. */
export function sharedSite(
  how: How,
  text: string,
  environment: Readonly<Record<string, string>> = {},
): () => Site {
  let server: RunningPortico | undefined
  beforeAll(async () => {
    server = await serve(how, { config: text, shared: true, environment })
  })
  afterAll(async () => {
    await server?.stop()
  })
  return () => {
    if (server === undefined) throw new Error('the server has not been started')
    return siteOf(server)
  }
}

export function siteOf(server: RunningPortico): Site {
  return { server, ask: (target, options) => ask(server.port, target, options) }
}

export async function ask(
  port: number,
  target: string,
  { method = 'GET', fields = '', body, chunked = false }: AskOptions = {},
): Promise<Said> {
  const client = await Client.open(port)
  try {
    const octets = body === undefined ? undefined : Buffer.from(body as string, 'latin1')
    const framing =
      octets === undefined
        ? ''
        : chunked
          ? 'Transfer-Encoding: chunked\r\n'
          : `Content-Length: ${octets.length}\r\n`
    client.send(`${method} ${target} HTTP/1.1\r\nHost: shop.example\r\n${fields}${framing}\r\n`)
    if (octets !== undefined) client.send(chunked ? inChunks(octets) : octets)
    return await client.answer(method, 30_000)
  } finally {
    client.destroy()
  }
}

function inChunks(octets: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length; at += 5000) {
    const piece = octets.subarray(at, at + 5000)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}

/** The values of a field, in order. */
export function valuesOf(said: Said, name: string): string[] {
  return said.fields.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

/** The query that makes say.py write these octets. */
export function saying(octets: string): string {
  return [...octets].map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')
}

/** A directory that goes with the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-cgi-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function logged({ server }: Site, what: RegExp): Promise<true> {
  return eventually(`${what} in the log`, () => (what.test(server.stderr()) ? true : undefined))
}

/** Of a script that writes them there. */
export async function pidsIn(path: string): Promise<number[]> {
  return eventually('the pids of the script', () =>
    existsSync(path) ? readFileSync(path, 'utf8').split(' ').map(Number) : undefined,
  )
}
