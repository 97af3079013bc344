// The access logs of the server and of the sites that have one of their own; logs with the same file share its sink.

import type { Effective, SiteLog } from '../config/effective.ts'
import { type AccessLog, accessLogTo, noAccessLog, openAccessSink } from '../log/access-log.ts'
import type { Log } from '../log/log.ts'
import type { RecentLines } from '../log/recent-lines.ts'
import type { Sink } from '../log/sink.ts'
import { HostTable } from '../router/host.ts'

export class AccessLogs {
  /** For requests of which nobody knows the site. */
  readonly main: AccessLog
  readonly #sites = new HostTable<AccessLog>()
  readonly #sinks = new Map<string, Sink>()
  readonly #standard: number
  readonly #log: Log
  readonly #recent: RecentLines | undefined

  /** Throws an Error that says which log cannot be opened, and why. */
  constructor(
    { log, sites }: Pick<Effective, 'log' | 'sites'>,
    standard: number,
    errorLog: Log,
    recent?: RecentLines,
  ) {
    this.#recent = recent
    this.#standard = standard
    this.#log = errorLog
    this.main = this.#open(log)
    this.#sites.add([], this.main)
    if (sites.every((site) => site.log === null)) return
    for (const site of sites) {
      if (site.hosts.length > 0) this.#sites.add(site.hosts, site.log ? this.#open(site.log) : this.main)
    }
  }

  /** @param host lower case without a port, as for the router */
  of(host: string): AccessLog {
    return this.#sites.find(host) ?? this.main
  }

  /** Opens the files anew, for logrotate. */
  reopen(): void {
    for (const sink of this.#sinks.values()) sink.reopen()
  }

  /** Lets go what waits for company. */
  handOn(): void {
    for (const sink of this.#sinks.values()) sink.handOn()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map((sink) => sink.close()))
  }

  #open(settings: SiteLog): AccessLog {
    const { access } = settings
    if (access === 'off') return noAccessLog
    const sink = this.#sinks.get(access) ?? this.#openSink(access)
    this.#sinks.set(access, sink)
    return accessLogTo(sink, settings)
  }

  #openSink(destination: string): Sink {
    try {
      return openAccessSink(destination, this.#standard, this.#log, this.#recent)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`Cannot open the access log "${destination}": ${why}`, { cause })
    }
  }
}
