// Web servers of Debian with what `--snippet` prints put into a minimal configuration: on one port of 127.0.0.1 without TLS
// and on one with it, as the user they have on Debian.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../double/free-port.ts'
import { portico } from '../cli/command.ts'
import type { Place } from '../gateways/place.ts'
import type { RunningProgram } from '../gateways/program.ts'
import { fixtures, type Responder, type ResponderStart, startResponder } from './responder.ts'

export type FrontName = 'nginx' | 'apache' | 'lighttpd'

export const frontNames = ['nginx', 'apache', 'lighttpd'] as const

/** Debian packages of each. */
export const packagesOf: Readonly<Record<FrontName, readonly string[]>> = {
  nginx: ['nginx'],
  apache: ['apache2'],
  lighttpd: ['lighttpd', 'lighttpd-mod-openssl'],
}

export interface Ports {
  readonly port: number
  readonly tls: number
}

export interface Front extends Ports {
  readonly running: RunningProgram
}

interface Parts extends Ports {
  readonly directory: string
  readonly snippet: string
  /** Lines of nginx outside its server. */
  readonly above: string
  readonly certificate: string
  readonly key: string
}

const asRoot = process.getuid?.() === 0
const modules = '/usr/lib/apache2/modules'

/** Of Apache: those that the lines name, and no others. */
function modulesOf(snippet: string): readonly string[] {
  return [...snippet.matchAll(/^# a2enmod (.+)$/gm)].flatMap(([, names = '']) => names.split(' '))
}

const configurations: Readonly<Record<FrontName, (parts: Parts) => readonly string[]>> = {
  nginx: ({ directory, snippet, above, port, tls, certificate, key }) => [
    ...(asRoot ? ['user www-data;'] : []),
    `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr; events {}`,
    'http { access_log off; client_max_body_size 64m;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (it) => `${it}_temp_path ${directory}/${it};`,
    ),
    above,
    `server { listen 127.0.0.1:${port}; listen 127.0.0.1:${tls} ssl; server_name localhost;`,
    `ssl_certificate ${certificate}; ssl_certificate_key ${key}; root ${directory}/documents;`,
    snippet,
    '} }',
  ],
  apache: ({ directory, snippet, port, tls, certificate, key }) => [
    ...[...new Set(['mpm_event', 'authz_core', 'ssl', ...modulesOf(snippet)])].map(
      (it) => `LoadModule ${it}_module ${modules}/mod_${it}.so`,
    ),
    ...(asRoot ? ['User www-data', 'Group www-data'] : []),
    `ServerRoot ${directory}\nDefaultRuntimeDir ${directory}\nPidFile ${directory}/apache.pid`,
    `ErrorLog ${directory}/apache.log\nServerName localhost\nDocumentRoot ${directory}/documents`,
    'StartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxRequestWorkers 8',
    `Listen 127.0.0.1:${port}\nListen 127.0.0.1:${tls}`,
    snippet,
    `<VirtualHost 127.0.0.1:${tls}>`,
    `SSLEngine on\nSSLCertificateFile ${certificate}\nSSLCertificateKeyFile ${key}\n</VirtualHost>`,
  ],
  lighttpd: ({ directory, snippet, port, tls, certificate, key }) => [
    `server.document-root = "${directory}/documents"\nserver.bind = "127.0.0.1"\nserver.port = ${port}`,
    ...(asRoot ? ['server.username = "www-data"\nserver.groupname = "www-data"'] : []),
    'server.modules = ( "mod_openssl" )',
    `$SERVER["socket"] == "127.0.0.1:${tls}" {`,
    `ssl.engine = "enable"\nssl.pemfile = "${certificate}"\nssl.privkey = "${key}"\n}`,
    snippet,
  ],
}

const commands: Readonly<Record<FrontName, (path: string, directory: string) => readonly string[]>> = {
  nginx: (path, directory) => ['nginx', '-e', 'stderr', '-p', directory, '-c', path],
  apache: (path) => ['apache2', '-f', path, '-DFOREGROUND'],
  lighttpd: (path) => ['lighttpd', '-D', '-f', path],
}

/** The server with these lines in its configuration. */
export async function startFront(place: Place, name: FrontName, snippet: string, above = ''): Promise<Front> {
  const { directory } = place
  execFileSync('chmod', ['0755', directory])
  mkdirSync(join(directory, 'documents'), { recursive: true })
  const certificate = join(directory, 'certificate.pem')
  const key = join(directory, 'key.pem')
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const ports = { port: await freePort(), tls: await freePort() }
  const lines = configurations[name]({ directory, snippet, above, certificate, key, ...ports })
  const path = place.write(`${name}.conf`, `${lines.join('\n')}\n`)
  const running = await place.start(commands[name](path, directory), { listens: [ports.port, ports.tls] })
  return { ...ports, running }
}

export interface Hosted extends Front {
  readonly responder: Responder
  readonly prefix: string
}

export interface Hosting {
  readonly front: FrontName
  readonly protocol: 'fastcgi' | 'scgi'
  readonly over: 'unix' | 'TCP'
  /** '/' or '/shop' */
  readonly mount: string
}

/** Asks for the snippet, starts what it says that the application is started with, and the server with the rest of it. */
export async function host(
  place: Place,
  { front, protocol, over, mount }: Hosting,
  application = 'fronted:application',
  directory = fixtures,
  start: ResponderStart = {},
): Promise<Hosted> {
  const bind = over === 'unix' ? `unix:${place.directory}/app.sock` : `127.0.0.1:${await freePort()}`
  const where = mount === '/' ? [] : ['--script-name', mount]
  const flags = ['--bind', bind, '--directory', directory, '--processes', '1']
  const { stdout, stderr, code } = await portico([
    protocol,
    application,
    ...flags,
    ...where,
    '--snippet',
    front,
  ])
  if (code !== 0) throw new Error(stderr)
  const [first = ''] = stdout.split('\n')
  const started = /^# started with: portico (.+)$/.exec(first)?.[1]
  if (started === undefined)
    throw new Error(`the snippet does not say how the application is started: ${first}`)
  const responder = await startResponder(started.split(' '), { ...start, shared: true })
  place.whenEnding(() => responder.end())
  return { ...(await startFront(place, front, stdout)), responder, prefix: mount === '/' ? '' : mount }
}
