// Starts a proxy of Debian in front of a server: with the configuration that docs/configuration.md shows, in a private
// directory, on a free port of 127.0.0.1. Ends with the test.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { freePort } from '../../double/free-port.ts'

const documents = join(import.meta.dirname, '../../../docs/configuration.md')

/** What is special about a kind of proxy; its document block is found by the name. */
export interface FrontKind {
  /** Debian package, for machines that lack it. */
  readonly package: string
  readonly language: string
  /** Text that tells the block of the document from others in that language. */
  readonly shows?: string
  /** Text by which `127.0.0.1:8000` of the document is replaced for a unix socket. */
  readonly unix: readonly [string, (path: string) => string]
  /** Text of the document that says where the proxy listens, and what stands for it here. */
  readonly listen: readonly [string, (port: number) => string]
  /** The whole configuration around the lines of the document. */
  readonly wrap: (lines: string, directory: string, port: number) => string
  readonly command: (configuration: string, directory: string) => readonly [string, ...string[]]
}

const asRoot = process.getuid?.() === 0
const modules = '/usr/lib/apache2/modules'

export const fronts: readonly FrontKind[] = [
  {
    package: 'nginx',
    language: 'nginx',
    unix: ['127.0.0.1:8000', (path) => `unix:${path}`],
    listen: ['listen 80;', (port) => `listen 127.0.0.1:${port};`],
    wrap: (lines, directory) => {
      const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      const temporary = places.map((name) => `${name}_temp_path ${directory}/${name};`)
      const user = asRoot ? 'user root;\n' : ''
      return `${user}daemon off;\nworker_processes 1;\npid ${directory}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${lines}}\n`
    },
    command: (path, directory) => ['/usr/sbin/nginx', '-e', 'stderr', '-p', directory, '-c', path],
  },
  {
    package: 'apache2',
    language: 'apache',
    unix: ['http://127.0.0.1:8000/', (path) => `unix:${path}|http://localhost/`],
    listen: ['*:80', (port) => `127.0.0.1:${port}`],
    wrap: (lines, directory, port) => {
      const names = ['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http']
      const loads = names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
      const user = asRoot ? ['User www-data', 'Group www-data'] : []
      const places = [`ServerRoot ${directory}`, `DefaultRuntimeDir ${directory}`, `PidFile ${directory}/pid`]
      const sizes = ['StartServers 1', 'ServerLimit 1', 'ThreadsPerChild 8', 'MaxRequestWorkers 8']
      const rest = ['ServerName localhost', `ErrorLog ${directory}/error.log`, `Listen 127.0.0.1:${port}`]
      return [...loads, ...places, ...user, ...sizes, ...rest, lines].join('\n')
    },
    command: (path) => ['/usr/sbin/apache2', '-f', path, '-DFOREGROUND'],
  },
  {
    package: 'caddy',
    language: 'caddyfile',
    unix: ['127.0.0.1:8000', (path) => `unix/${path}`],
    listen: ['shop.example.com {', (port) => `http://localhost:${port} {\nbind 127.0.0.1`],
    wrap: (lines) => `{\nadmin off\nauto_https off\n}\n${lines}`,
    command: (path) => ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', path],
  },
  {
    package: 'haproxy',
    language: 'haproxy',
    unix: ['127.0.0.1:8000', (path) => `unix@${path}`],
    listen: ['bind :80', (port) => `bind 127.0.0.1:${port}`],
    wrap: (lines) => `defaults\n timeout connect 10s\n timeout client 30s\n timeout server 30s\n${lines}`,
    command: (path) => ['/usr/sbin/haproxy', '-db', '-f', path],
  },
]

/** The lines that the document shows for a proxy: the first block in its language, or the first with that text. */
export function documented(language: string, shows = ''): string {
  const blocks = readFileSync(documents, 'utf8').matchAll(
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'),
  )
  const block = [...blocks].find(([, text = '']) => text.includes(shows))?.[1]
  if (block === undefined) throw new Error(`${documents} shows nothing for ${language} with "${shows}"`)
  return block
}

/** Runs the proxy in front of `upstream` and resolves to its port once it listens. */
export async function startFront(kind: FrontKind, upstream: number | string): Promise<number> {
  const directory = readableDirectory()
  const port = await freePort()
  const [old, byPath] = kind.unix
  const [listen, here] = kind.listen
  const toUpstream = (text: string): string =>
    typeof upstream === 'number'
      ? text.replace('127.0.0.1:8000', `127.0.0.1:${upstream}`)
      : text.replace(old, byPath(upstream))
  const shown = documented(kind.language, kind.shows)
  const lines = toUpstream(shown).replace(listen, here(port))
  const configuration = join(directory, 'front.conf')
  writeFileSync(configuration, kind.wrap(lines, directory, port))
  const [program, ...args] = kind.command(configuration, directory)
  const environment = {
    ...process.env,
    HOME: directory,
    XDG_DATA_HOME: directory,
    XDG_CONFIG_HOME: directory,
  }
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let listens = false
  const probe = (): true | undefined => {
    if (child.exitCode !== null) throw new Error(`${kind.package} ended: ${said}`)
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('connect', () => {
      listens = true
      socket.destroy()
    })
    return listens || undefined
  }
  await eventually(`${kind.package} on its port`, probe)
  return port
}

/** A directory into which the users of proxies may look; removed with the test. */
export function readableDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-front-'))
  chmodSync(directory, 0o755)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface Relay {
  readonly port: number
  /** Connections that were made through it. */
  readonly count: () => number
}

/** Passes connections on and counts them. @param at where it listens: a path, or 0 for a free port */
export async function relay(at: number | string, to: NetConnectOpts): Promise<Relay> {
  const open = new Set<Socket>()
  let count = 0
  const server = createServer((near) => {
    count++
    const far = connect(to)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => open.delete(socket))
    }
    near.pipe(far).pipe(near)
  })
  if (typeof at === 'string') server.listen({ path: at, writableAll: true, readableAll: true })
  else server.listen(at, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, count: () => count }
}
