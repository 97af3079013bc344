// The gateway handlers of a configuration: for each application its backend, its wire and what counts at a mount.

import type { Backend } from '../backend/backend.ts'
import type { ExternalBackend } from '../backend/external/external.ts'
import type { SupervisedBackend } from '../backend/supervised.ts'
import {
  type Application,
  type Effective,
  type Mount,
  startsScripts,
  type Wire,
} from '../config/effective.ts'
import type { PorticoError } from '../failure.ts'
import { cgiGateway } from '../gateway/cgi.ts'
import { EnvironBuilder } from '../gateway/environ.ts'
import { type EnvironPolicy, scriptPolicy, wsgiPolicy } from '../gateway/environ-policy.ts'
import { fastcgiGateway } from '../gateway/fastcgi.ts'
import { foreignFastcgi } from '../gateway/foreign-fastcgi.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { scgiGateway } from '../gateway/scgi.ts'
import { Spool } from '../gateway/spool.ts'
import type { UntrustedPeers } from '../gateway/untrusted-peers.ts'
import { uwsgiGateway } from '../gateway/uwsgi.ts'
import { GatewayHandler } from '../handler/gateway.ts'
import type { Handler } from '../handler/handler.ts'
import type { Sendfile } from '../handler/sendfile/sendfile.ts'
import type { Log } from '../log/log.ts'
import { backendOf, externalOf, type WorkerNews } from './compose-backend.ts'
import { isLaunched } from './launching.ts'
import { seldom } from './seldom.ts'

/** What a handler needs to know of an application, wherever it lives. */
interface Callee {
  readonly kind: string
  readonly gateway: Gateway
  readonly backend: Backend
  /** It is started for every request and knows nothing of who it is for. */
  readonly isScript: boolean
  readonly streamInput: boolean
  readonly maxOutputWaitingBytes: number
  /** What it says is lines of the log; otherwise what is said at once is one entry. */
  readonly errorsByLine: boolean
}

export class GatewayComposer {
  /** By name of the application. */
  readonly backends = new Map<string, SupervisedBackend>()
  readonly externals = new Map<string, ExternalBackend>()
  readonly #effective: Effective
  readonly #log: Log
  readonly #callees = new Map<string, Callee>()
  readonly #spool: Spool
  readonly #environs: EnvironBuilder
  /** Of scripts that are not told the Authorization of a request. */
  readonly #scriptEnvirons: EnvironBuilder

  constructor(
    effective: Effective,
    serverSoftware: string,
    untrusted: UntrustedPeers,
    log: Log,
    news: WorkerNews,
  ) {
    this.#effective = effective
    this.#log = log
    const { directory, memory: memoryBytes, total: totalBytes } = effective.spool
    this.#spool = new Spool(
      { directory, memoryBytes, totalBytes },
      seldom((failure: PorticoError) => log.warn('spool.failed', failure.facts, spoolHint)),
      seldom((used: number) => log.warn('spool.crowded', { used, total: totalBytes }, crowdedHint)),
    )
    const environs = (policy: EnvironPolicy) =>
      new EnvironBuilder({
        serverSoftware,
        policy,
        refused: (name) => log.warn('environ.field_refused', { name }),
        forwarded: effective.trusted_proxies.fields,
        untrusted,
      })
    this.#environs = environs(wsgiPolicy)
    this.#scriptEnvirons = environs(scriptPolicy)
    for (const application of effective.applications) this.#add(application, news)
    for (const external of effective.externals) {
      const backend = externalOf(external, log)
      this.externals.set(external.name, backend)
      this.#callees.set(external.name, {
        kind: external.wire,
        gateway: gatewayOf(external.wire, external.idle > 0),
        backend,
        isScript: false,
        streamInput: false,
        maxOutputWaitingBytes: external.output_buffer,
        errorsByLine: true,
      })
    }
  }

  /** @param sendfile what sends the files that the application names; undefined where it may name none */
  handler(name: string, mount: Mount, sendfile: Sendfile | undefined): Handler {
    const callee = this.#callees.get(name)
    // The configuration was checked in the supervisor; a name that is missing here is a fault of ours.
    if (callee === undefined) throw new Error(`no application is called "${name}"`)
    const { isScript, ...options } = callee
    return new GatewayHandler({
      ...options,
      application: name,
      environs: isScript && !mount.authorization ? this.#scriptEnvirons : this.#environs,
      spool: this.#spool,
      bodyLimit:
        mount.body === null
          ? { bytes: this.#effective.limits.body, setting: 'limits.body' }
          : { bytes: mount.body, setting: 'body' },
      sendfile,
      maxHeadBytes: 64 * 1024,
      log: this.#log,
    })
  }

  #add(application: Application, news: WorkerNews): void {
    const { name } = application
    const backend = backendOf(application, news)
    this.backends.set(name, backend)
    const { program } = application
    const isScript = startsScripts(application)
    const launched = isLaunched(application)
    this.#callees.set(name, {
      kind: program?.wire ?? (isScript ? 'cgi' : 'wsgi'),
      // That a program leaves its connection open shows where its answer ends; it is closed all the same.
      gateway: program !== null ? gatewayOf(program.wire, true) : launched ? cgiGateway : fastcgiGateway,
      backend,
      isScript,
      streamInput: application.stream_input,
      maxOutputWaitingBytes: application.limits.output_buffer,
      errorsByLine: launched || program !== null,
    })
  }
}

function gatewayOf(wire: Wire, keepsConnection: boolean): Gateway {
  switch (wire) {
    case 'fastcgi':
      return foreignFastcgi(keepsConnection)
    case 'scgi':
      return scgiGateway
    default:
      return uwsgiGateway
  }
}

const spoolHint =
  'Output cannot wait on the disk, so slow clients hold slots: make room in this directory, or set spool.directory'
const crowdedHint =
  'What waits for slow clients fills its share of spool.total, so applications wait for their clients and requests for slots: raise spool.total'
