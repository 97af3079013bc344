// Portico with its applications in daemon processes, embedded, or started for each request.

import { join } from 'node:path'
import { type PorticoOptions, startPortico } from '../../double/server.ts'
import type { Place } from '../place.ts'
import type { Capability, Kind, Site, Target } from '../target.ts'

export function porticoDaemon(place: Place): Kind {
  return portico(place, 'daemon', [
    'mounts',
    'factory',
    'attributes',
    'files',
    'processes',
    'threads',
    'portico',
  ])
}

/** One process whatever the site says; the interpreter is one that comes as a library. */
export function porticoEmbedded(place: Place): Kind {
  return portico(place, 'embedded', ['mounts', 'factory', 'attributes', 'files', 'threads', 'portico'])
}

/** A process for every request. */
export function porticoCgi(place: Place): Kind {
  return { ...portico(place, 'cgi', ['mounts', 'factory', 'attributes', 'files', 'portico']), isCostly: true }
}

function portico(place: Place, mode: 'daemon' | 'embedded' | 'cgi', can: readonly Capability[]): Kind {
  const kind: Kind = {
    name: `portico ${mode}`,
    can: new Set(can),
    place,
    start: async (site) => {
      const server = await startPortico(options(place, site, mode))
      const target: Target = {
        kind,
        port: server.port,
        log: () => server.stderr(),
        stop: async () => {
          await server.stop()
        },
      }
      return target
    },
  }
  return kind
}

function options(place: Place, site: Site, mode: string): PorticoOptions {
  const environment = { ...place.environment, ...site.environment }
  const mounts = Object.entries(site.mounts)
  const applications = mounts.map(([, { wsgi, directory = '' }], index) => [
    `a${index}`,
    {
      wsgi,
      mode,
      ...(mode === 'embedded' ? { python: process.env.PORTICO_TEST_PYTHON ?? '/usr/bin/python3' } : {}),
      directory: join(place.applications, directory),
      processes: site.processes,
      threads: site.threads,
      environment,
    },
  ])
  const config = {
    runtime: place.newDirectory('run'),
    log: { access: 'off' },
    applications: Object.fromEntries(applications),
    mounts: {
      ...Object.fromEntries(mounts.map(([prefix], index) => [prefix, `a${index}`])),
      '/files': { files: place.applications },
    },
  }
  return { config: JSON.stringify(config), shared: true }
}
