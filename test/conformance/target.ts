// The server under test as the cases see it: a port, an error log, and the fixture's records. Nothing of its inside.

import type { Place } from './place.ts'

/** What a kind of server can be asked for beyond one application at the root. */
export type Capability =
  /** Several applications, each at a prefix of its own. */
  | 'mounts'
  /** `module:factory()`. */
  | 'factory'
  /** `module:attribute.attribute`. */
  | 'attributes'
  /** Static files at /files beside the applications. */
  | 'files'
  /** A process of several that ends is replaced. */
  | 'processes'
  /** Threads of one process run requests at the same time. */
  | 'threads'
  /** The behaviour and the words that Portico promises beyond PEP 3333. */
  | 'portico'

/** An application of the fixture directory. */
export interface Application {
  /** `module:callable` */
  readonly wsgi: string
  /** Below the fixture directory; '' is itself. */
  readonly directory?: string
}

/** What is to be served. */
export interface Site {
  /** By prefix; '/' is the root. */
  readonly mounts: Readonly<Record<string, Application>>
  readonly processes: number
  readonly threads: number
  readonly environment?: Readonly<Record<string, string>>
}

/** A kind of server, and how it is started with what its documentation recommends. */
export interface Kind {
  readonly name: string
  readonly can: ReadonlySet<Capability>
  readonly place: Place
  /** Cases are not run under the validator as well: another home has the same code, and a request here costs much. */
  readonly isCostly?: boolean
  /** Resolves once it answers; fails when it does not. The caller stops it. */
  start(site: Site): Promise<Target>
}

export interface Target {
  readonly kind: Kind
  readonly port: number
  /** All that the server has written to its error log so far. */
  log(): string
  /** Asks it to end as its operator would; resolves when it has ended. */
  stop(): Promise<void>
}

/** Stops a server when the case is over. */
export async function serving<T>(kind: Kind, site: Site, use: (target: Target) => Promise<T>): Promise<T> {
  const target = await kind.start(site)
  try {
    return await use(target)
  } finally {
    await target.stop()
  }
}

/** The site that all cases share. */
export const commonSite: Site = {
  mounts: {
    '/': { wsgi: 'conformance:application' },
    '/api/rest': { wsgi: 'conformance:application' },
  },
  processes: 2,
  threads: 4,
}
