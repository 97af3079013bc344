// From host name and normalised path to the handlers that may answer, in order (DESIGN section 4, mount rules).
// Built once from the configuration and never changed: a reload builds another. Decides nothing about methods or access.

import type { Handler } from '../handler/handler.ts'
import { Candidate } from './candidate.ts'
import { HostTable } from './host.ts'
import { type Mount, MountTable } from './mount.ts'
import { mostRewrites, type Rewrite, type RuleEnd } from './rewrite.ts'

export interface Site<M extends Mount = Mount> {
  /** Lower case, 'example.com' or '*.example.com'; empty for the default site. */
  readonly hosts: readonly string[]
  readonly mounts: readonly M[]
  readonly rewrite?: Rewrite | undefined
}

/** What rules have made of a path and its query. */
export interface RuledPath {
  /** Where there is an end: as it was when the last rule matched. */
  readonly path: string
  readonly query: string
  readonly end: RuleEnd | undefined
}

interface SiteTable<M extends Mount> {
  readonly mounts: MountTable<M>
  readonly rewrite: Rewrite | undefined
}

export class Router<M extends Mount = Mount> {
  readonly #sites = new HostTable<SiteTable<M>>()
  readonly #handlers = new Set<Handler>()
  /** False when no site and no mount has rules, so that nobody needs to ask. */
  readonly rewrites: boolean

  /** Throws when a prefix is not a path. Host names and prefixes that come twice are the configuration's to refuse. */
  constructor(sites: readonly Site<M>[]) {
    for (const site of sites) {
      const mounts = new MountTable(site.mounts)
      this.#sites.add(site.hosts, { mounts, rewrite: site.rewrite })
      for (const handler of mounts.handlers()) this.#handlers.add(handler)
    }
    this.rewrites = sites.some(
      (site) => site.rewrite !== undefined || site.mounts.some((mount) => mount.rewrite !== undefined),
    )
  }

  /**
   * What the rules of the site make of a normalised path, then those of the mount that it belongs to, again and again until
   * none of them changes it.
   */
  rewritten(host: string, path: string, query: string): RuledPath {
    const site = this.#sites.find(host)
    let now = { path, query }
    for (let times = 0; site !== undefined; times++) {
      const next =
        site.rewrite?.apply(now.path, now.query) ??
        site.mounts.find(now.path)?.mount.rewrite?.apply(now.path, now.query)
      if (next === undefined) break
      if (next.kind !== 'path') return { path: now.path, query: now.query, end: next }
      if (times === mostRewrites) return { path: now.path, query: now.query, end: { kind: 'endless' } }
      now = next
    }
    return { path: now.path, query: now.query, end: undefined }
  }

  /**
   * The first candidate for a request, undefined when no mount matches (404). `host` is lower case without a port, '' for
   * none; `path` is normalised. A path that matches nothing costs no allocation.
   */
  first(host: string, path: string): Candidate<M> | undefined {
    const step = this.#sites.find(host)?.mounts.find(path)
    return step === undefined ? undefined : new Candidate(step, path)
  }

  /** Closes every handler once, also one that stands in several mounts. */
  close(): void {
    for (const handler of this.#handlers) handler.close?.()
  }
}
