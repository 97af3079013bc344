// The servers of Debian that we compare with, each started as its documentation recommends for processes with threads.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../double/free-port.ts'
import type { Place } from '../place.ts'
import type { Application, Capability, Kind, Site } from '../target.ts'
import { type RunningProgram, startProgram } from './program.ts'

/** Makes a kind from how it is started. */
function peer(
  place: Place,
  name: string,
  can: readonly Capability[],
  start: (site: Site, port: number) => Promise<RunningProgram>,
): Kind {
  const kind: Kind = {
    name,
    can: new Set(can),
    place,
    start: async (site) => ({ kind, ...(await start(site, await freePort())) }),
  }
  return kind
}

function rootOf(place: Place, site: Site): { wsgi: string; directory: string } {
  const { wsgi, directory = '' } = site.mounts['/'] as Application
  return { wsgi, directory: join(place.applications, directory) }
}

function environmentOf(place: Place, site: Site): Record<string, string> {
  return { LANG: 'C.UTF-8', ...place.environment, ...site.environment }
}

export function gunicorn(place: Place): Kind {
  return peer(place, 'gunicorn', ['factory', 'attributes', 'processes', 'threads'], (site, port) => {
    const { wsgi, directory } = rootOf(place, site)
    return startProgram(port, {
      // biome-ignore format: a command line
      command: [
        '/usr/bin/gunicorn', '--workers', String(site.processes),
        '--threads', String(site.threads), '--bind', `127.0.0.1:${port}`, '--chdir', directory,
        wsgi,
      ],
      directory,
      environment: environmentOf(place, site),
    })
  })
}

export function uwsgi(place: Place): Kind {
  return peer(place, 'uwsgi', ['mounts', 'processes', 'threads'], (site, port) => {
    const root = rootOf(place, site)
    const several = Object.keys(site.mounts).length > 1
    const mounts = Object.entries(site.mounts).flatMap(([prefix, { wsgi, directory = '' }]) => {
      const file = join(place.applications, directory, `${wsgi.split(':')[0]}.py`)
      return ['--mount', `${prefix}=${wsgi.endsWith(':application') ? file : wsgi}`]
    })
    return startProgram(port, {
      // biome-ignore format: a command line
      command: [
        '/usr/bin/uwsgi', '--plugins', 'http,python3', '--http', `127.0.0.1:${port}`, '--http-chunked-input',
        '--socket', join(place.newDirectory('uwsgi'), 'uwsgi.sock'), '--master', '--die-on-term',
        '--processes', String(site.processes), '--threads', String(site.threads), '--buffer-size', '32768',
        ...(several ? ['--manage-script-name', ...mounts] : ['--module', root.wsgi]), '--chdir', root.directory,
        '--disable-logging',
      ],
      directory: place.applications,
      environment: environmentOf(place, site),
    })
  })
}

export function waitress(place: Place): Kind {
  return peer(place, 'waitress', ['factory', 'attributes', 'threads'], (site, port) => {
    const { wsgi, directory } = rootOf(place, site)
    const called = wsgi.endsWith('()')
    return startProgram(port, {
      // biome-ignore format: a command line
      command: [
        '/usr/bin/waitress-serve', '--listen', `127.0.0.1:${port}`,
        '--threads', String(site.processes * site.threads), ...(called ? ['--call'] : []),
        called ? wsgi.slice(0, -2) : wsgi,
      ],
      directory,
      environment: { ...environmentOf(place, site), PYTHONPATH: directory },
      // It has no word for SIGTERM: Ctrl-C is how it ends in order.
      stopSignal: 'SIGINT',
    })
  })
}

export function modWsgi(place: Place): Kind {
  return peer(place, 'mod_wsgi', ['mounts', 'files', 'processes', 'threads'], (site, port) => {
    const directory = place.newDirectory('apache')
    const file = join(directory, 'apache.conf')
    writeFileSync(file, `${apacheConfiguration(place, site, port, directory).join('\n')}\n`)
    chmodSync(directory, 0o755)
    return startProgram(port, {
      command: ['/usr/sbin/apache2', '-f', file, '-DFOREGROUND'],
      directory,
      environment: environmentOf(place, site),
      logFile: join(directory, 'error.log'),
    })
  })
}

function apacheConfiguration(place: Place, site: Site, port: number, directory: string): string[] {
  const modules = ['mpm_event', 'authz_core', 'alias', 'wsgi']
  const { LANG = 'C.UTF-8' } = site.environment ?? {}
  const daemons = Object.entries(site.mounts).flatMap(([prefix, { wsgi, directory: below = '' }], index) => {
    const [module = '', callable = 'application'] = wsgi.split(':')
    const script = join(place.applications, below, `${module}.py`)
    // `processes=1` would say that there may be more.
    const processes = site.processes === 1 ? '' : `processes=${site.processes}`
    const options = `${processes} threads=${site.threads} display-name=%{GROUP}`
    return [
      `WSGIDaemonProcess d${index} ${options} python-path=${join(place.applications, below)} lang=${LANG} locale=${LANG}`,
      `WSGIScriptAlias ${prefix} ${script} process-group=d${index} application-group=%{GLOBAL} callable-object=${callable}`,
    ]
  })
  return [
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    `ServerRoot ${directory}`,
    'ServerName localhost',
    `PidFile ${join(directory, 'apache.pid')}`,
    `ErrorLog ${join(directory, 'error.log')}`,
    `Listen 127.0.0.1:${port}`,
    'User www-data',
    'Group www-data',
    'KeepAlive On',
    'MaxKeepAliveRequests 0',
    'LimitRequestBody 104857600',
    'UseCanonicalPhysicalPort On',
    `WSGISocketPrefix ${join(directory, 'wsgi')}`,
    'WSGIRestrictStdout Off',
    'WSGIPassAuthorization On',
    'WSGIChunkedRequest On',
    'AllowEncodedSlashes Off',
    `Alias /files ${place.applications}`,
    // The longest prefix first: the first alias that fits is taken.
    ...daemons.filter((line) => line.startsWith('WSGIDaemon')),
    ...daemons.filter((line) => line.startsWith('WSGIScript')).reverse(),
    `<Directory ${place.applications}>`,
    '  Require all granted',
    '</Directory>',
  ]
}
