// `portico fastcgi` behind a Portico that mounts its socket: the worker as an application server for other front servers.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPortico } from '../../double/server.ts'
import { startResponder } from '../../server/responder/responder.ts'
import type { Place } from '../place.ts'
import type { Kind, Site, Target } from '../target.ts'

export function porticoFastcgi(place: Place): Kind {
  const kind: Kind = {
    name: 'portico fastcgi',
    can: new Set(['mounts', 'factory', 'attributes', 'files', 'processes', 'threads', 'portico']),
    place,
    isCostly: true,
    start: async (site) => {
      const directory = place.newDirectory('fastcgi')
      const applications = Object.entries(site.mounts)
      const configuration = join(directory, 'portico.yaml')
      writeFileSync(configuration, JSON.stringify(described(place, site)))
      const starts = await Promise.allSettled(
        applications.map((_, index) => {
          const bind = ['--bind', `unix:${socketOf(directory, index)}`]
          return startResponder(['fastcgi', `a${index}`, '--config', configuration, ...bind], {
            shared: true,
          })
        }),
      )
      const responders = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const end = () => Promise.all(responders.map((one) => one.end()))
      const failed = starts.find((one) => one.status === 'rejected')
      if (failed !== undefined) {
        await end()
        throw failed.reason
      }
      // None is kept, as other front servers do it: requests spread over the processes.
      const mounts = applications.map(([prefix], index) => [
        prefix,
        { fastcgi: { address: `unix:${socketOf(directory, index)}`, connections: 64, idle: 0 } },
      ])
      const config = {
        runtime: place.newDirectory('run'),
        log: { access: 'off' },
        mounts: { ...Object.fromEntries(mounts), '/files': { files: place.applications } },
      }
      const front = await startPortico({ config: JSON.stringify(config), shared: true })
      const parts = [() => front.stderr(), ...responders.map((one) => () => one.stderr())]
      const target: Target = {
        kind,
        port: front.port,
        log: inTurn(parts),
        stop: async () => {
          await front.stop()
          await end()
        },
      }
      return target
    },
  }
  return kind
}

/** Several logs as one that only grows at its end. */
function inTurn(parts: readonly (() => string)[]): () => string {
  const read = parts.map(() => 0)
  let whole = ''
  return () => {
    for (const [index, part] of parts.entries()) {
      const text = part()
      whole += text.slice(read[index])
      read[index] = text.length
    }
    return whole
  }
}

function socketOf(directory: string, index: number): string {
  return join(directory, `${index}.sock`)
}

/** What every application of the site is, for --config. */
function described(place: Place, { mounts, processes, threads, environment }: Site) {
  const applications = Object.values(mounts).map(({ wsgi, directory = '' }, index) => [
    `a${index}`,
    {
      wsgi,
      python: '/usr/bin/python3',
      directory: join(place.applications, directory),
      processes,
      threads,
      environment: { ...place.environment, ...environment },
    },
  ])
  const prefixes = Object.keys(mounts).map((prefix, index) => [prefix, `a${index}`])
  return { applications: Object.fromEntries(applications), mounts: Object.fromEntries(prefixes) }
}
