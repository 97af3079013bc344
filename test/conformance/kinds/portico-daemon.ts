// Portico with its applications in daemon processes.

import { join } from 'node:path'
import { type PorticoOptions, startPortico } from '../../double/server.ts'
import type { Place } from '../place.ts'
import type { Kind, Site, Target } from '../target.ts'

export function porticoDaemon(place: Place): Kind {
  const kind: Kind = {
    name: 'portico daemon',
    can: new Set(['mounts', 'factory', 'attributes', 'files', 'processes', 'threads', 'portico']),
    place,
    start: async (site) => {
      const server = await startPortico(options(place, site))
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

function options(place: Place, site: Site): PorticoOptions {
  const environment = { ...place.environment, ...site.environment }
  const mounts = Object.entries(site.mounts)
  const applications = mounts.map(([, { wsgi, directory = '' }], index) => [
    `a${index}`,
    {
      wsgi,
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
