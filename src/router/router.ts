// From host name and normalised path to the handlers that may answer, in order (DESIGN section 4, mount rules).
// Built once from the configuration and never changed: a reload builds another. Decides nothing about methods or access.

import type { Handler } from '../handler/handler.ts'
import { Candidate } from './candidate.ts'
import { HostTable } from './host.ts'
import { type Mount, MountTable } from './mount.ts'

export interface Site<M extends Mount = Mount> {
  /** Lower case, 'example.com' or '*.example.com'; empty for the default site. */
  readonly hosts: readonly string[]
  readonly mounts: readonly M[]
}

export class Router<M extends Mount = Mount> {
  readonly #sites = new HostTable<MountTable<M>>()
  readonly #handlers = new Set<Handler>()

  /** Throws when a prefix is not a path. Host names and prefixes that come twice are the configuration's to refuse. */
  constructor(sites: readonly Site<M>[]) {
    for (const site of sites) {
      const mounts = new MountTable(site.mounts)
      this.#sites.add(site.hosts, mounts)
      for (const handler of mounts.handlers()) this.#handlers.add(handler)
    }
  }

  /**
   * The first candidate for a request, undefined when no mount matches (404). `host` is lower case without a port, '' for
   * none; `path` is normalised. A path that matches nothing costs no allocation.
   */
  first(host: string, path: string): Candidate<M> | undefined {
    const step = this.#sites.find(host)?.find(path)
    return step === undefined ? undefined : new Candidate(step, path)
  }

  /** Closes every handler once, also one that stands in several mounts. */
  close(): void {
    for (const handler of this.#handlers) handler.close?.()
  }
}
