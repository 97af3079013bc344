// The servers that get the vectors side by side: Portico, and Apache httpd, nginx and lighttpd of Debian with what their
// documentation gives for the same site. Each is started on a free port of loopback.

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RunningProgram, startProgram } from '../conformance/kinds/program.ts'
import { freePort } from '../double/free-port.ts'
import { startPortico } from '../double/server.ts'
import { applications, linkOut, mountedAt, porticoConfig, siteFiles } from './site.ts'

const lastChange = new Date('2024-03-01T12:00:00Z')

export interface Server {
  readonly name: string
  /** Starts it on the site in this directory. */
  readonly start: (directory: string) => Promise<RunningServer>
}

export interface RunningServer {
  readonly port: number
  stop(): Promise<void>
}

/** Writes the site into a new directory that every user may read. */
export function newSite(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-vectors-')))
  chmodSync(directory, 0o755)
  for (const [name, content] of Object.entries(siteFiles)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { mode: 0o755 })
    // The validators of a file that has only just changed are weak in some servers.
    utimesSync(path, lastChange, lastChange)
  }
  linkOut(directory)
  mkdirSync(join(directory, 'empty'))
  return directory
}

export function removeSite(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

const portico: Server = {
  name: 'Portico',
  start: async (directory) => {
    const file = join(directory, 'portico.yaml')
    writeFileSync(file, porticoConfig())
    const args = ['serve', file, '--listen', '127.0.0.1:0']
    const server = await startPortico({ args, shared: true })
    return {
      port: server.port,
      stop: async () => {
        await server.stop()
      },
    }
  },
}

const apache: Server = {
  name: 'Apache httpd',
  start: async (directory) => {
    const port = await freePort()
    const names = ['mpm_event', 'authz_core', 'alias', 'mime', 'dir', 'cgid', 'wsgi']
    const file = join(directory, 'apache.conf')
    const lines = [
      ...names.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      `ServerRoot ${directory}`,
      'ServerName localhost',
      `PidFile ${directory}/apache.pid`,
      `ErrorLog ${directory}/apache.log`,
      `Listen 127.0.0.1:${port}`,
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      `DocumentRoot ${directory}/empty`,
      'TypesConfig /etc/mime.types',
      `Alias /static/ ${directory}/static/`,
      `ScriptSock ${directory}/cgid.sock`,
      `ScriptAlias /cgi-bin/ ${directory}/cgi-bin/`,
      `WSGISocketPrefix ${directory}/wsgi`,
      'WSGIChunkedRequest On',
      'WSGIDaemonProcess vectors processes=1 threads=8',
      ...mountedAt.map(
        (prefix) =>
          `WSGIScriptAlias ${prefix} ${applications}/vectors.py process-group=vectors application-group=%{GLOBAL}`,
      ),
      ...[`${directory}/empty`, `${directory}/static`, `${directory}/cgi-bin`, applications].map(
        (path) => `<Directory ${path}>\nRequire all granted\n</Directory>`,
      ),
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const command = ['/usr/sbin/apache2', '-f', file, '-DFOREGROUND'] as const
    return startProgram(port, { command, directory, environment: { LANG: 'C.UTF-8' } })
  },
}

/** The application behind a server that has sockets for it. */
async function startUwsgi(directory: string): Promise<RunningProgram> {
  const port = await freePort()
  // biome-ignore format: a command line
  const command = [
    '/usr/bin/uwsgi', '--plugins', 'python3', '--http-socket', `127.0.0.1:${port}`,
    '--uwsgi-socket', `${directory}/uwsgi.sock`, '--fastcgi-socket', `${directory}/fastcgi.sock`,
    '--chmod-socket=666', '--master', '--die-on-term', '--processes', '1', '--threads', '8',
    '--buffer-size', '65535', '--chdir', applications, '--module', 'vectors', '--disable-logging',
  ] as const
  return startProgram(port, { command, directory, environment: { PYTHONDONTWRITEBYTECODE: '1' } })
}

/** A server that speaks to uwsgi. */
function beforeUwsgi(
  name: string,
  command: (directory: string, file: string) => readonly [string, ...string[]],
  configuration: (directory: string, port: number) => readonly string[],
): Server {
  return {
    name,
    start: async (directory) => {
      const uwsgi = await startUwsgi(directory)
      const port = await freePort()
      const file = join(directory, `${name}.conf`)
      writeFileSync(file, `${configuration(directory, port).join('\n')}\n`)
      const server = await startProgram(port, {
        command: command(directory, file),
        directory,
        environment: {},
      }).catch(async (error) => {
        await uwsgi.stop()
        throw error
      })
      return {
        port,
        stop: async () => {
          await server.stop()
          await uwsgi.stop()
        },
      }
    },
  }
}

const nginx = beforeUwsgi(
  'nginx',
  (directory, file) => ['/usr/sbin/nginx', '-e', 'stderr', '-p', directory, '-c', file],
  (directory, port) => [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    `pid ${directory}/nginx.pid;`,
    'error_log stderr;',
    'events {}',
    'http {',
    'access_log off;',
    'include /etc/nginx/mime.types;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${directory}/${kind};`,
    ),
    `server { listen 127.0.0.1:${port}; server_name localhost; root ${directory}/empty;`,
    `location /static/ { alias ${directory}/static/; }`,
    `location ~ ^(${mountedAt.join('|')})(/.*)?$ {`,
    'include /etc/nginx/uwsgi_params;',
    'uwsgi_param SCRIPT_NAME $1;',
    'uwsgi_param PATH_INFO $2;',
    `uwsgi_pass unix:${directory}/uwsgi.sock;`,
    '} } }',
  ],
)

const lighttpd = beforeUwsgi(
  'lighttpd',
  (_, file) => ['/usr/sbin/lighttpd', '-D', '-f', file],
  (directory, port) => [
    'server.modules = ( "mod_alias", "mod_cgi", "mod_fastcgi" )',
    'server.bind = "127.0.0.1"',
    `server.port = ${port}`,
    `server.document-root = "${directory}/empty"`,
    `server.upload-dirs = ( "${directory}" )`,
    'mimetype.assign = ( ".txt" => "text/plain" )',
    `alias.url = ( "/static/" => "${directory}/static/", "/cgi-bin/" => "${directory}/cgi-bin/" )`,
    '$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ( "" => "" ) }',
    'fastcgi.server = (',
    mountedAt
      .map((p) => `"${p}" => (( "socket" => "${directory}/fastcgi.sock", "check-local" => "disable" ))`)
      .join(',\n'),
    ')',
  ],
)

export const servers: readonly Server[] = [portico, apache, nginx, lighttpd]
