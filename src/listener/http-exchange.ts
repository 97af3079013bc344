// One HTTP/1.1 request from its head to its line in the access log: routes it, keeps "exactly one answer", logs.
// Implements the Exchange that handlers see and the Turn that the connection sees.

import { monotonicMs } from '../clock.ts'
import { type Facts, PorticoError } from '../failure.ts'
import { asFailure, errorAnswer, failureAnswer, failureStatus, sentence } from '../handler/failure.ts'
import type { Answer, Cancellable, Exchange, Input, Peer, Stage } from '../http/exchange.ts'
import type { Fields } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import { normalizePath } from '../http/path.ts'
import { parseTarget } from '../http/target.ts'
import type { HostedConnection, Turn } from '../http1/host.ts'
import { noInput } from '../http1/request-input.ts'
import type { Log } from '../log/log.ts'
import type { Candidate } from '../router/candidate.ts'
import type { RuleEnd } from '../router/rewrite.ts'
import type { Router } from '../router/router.ts'
import type { Access, Refusal, Visitor } from './access/access.ts'
import { accessEntry, type SiteAccessLogs } from './access-entry.ts'
import { dressedAnswer } from './dressed-answer.ts'
import { type Few, isAmong, withOne } from './few.ts'
import type { GuardedMount, MountOptions } from './mount-options.ts'
import { clientOf } from './peer.ts'
import type { RateLimit } from './rate-limit.ts'
import { respond, type StandardFields } from './respond.ts'

/** What exchanges need from the server they belong to. */
export interface ExchangeHome {
  readonly router: Router<GuardedMount>
  readonly standard: StandardFields
  readonly log: Log
  readonly accessLogs: SiteAccessLogs
  nextId(): string
  /** Host name of an authority: lower case, without port. */
  hostOf(authority: string): string
}

/** More are a circle (RFC 3875 section 6.2.2 leaves the number to us). */
const mostLocalRedirects = 10
const methodsOfServer = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

export class HttpExchange implements Exchange, Turn {
  readonly id: string
  head: RequestHead
  query: string
  readonly authority: string
  readonly host: string
  readonly peer: Peer
  input: Input
  readonly receivedMs: number
  path = ''
  whenGone: Cancellable | undefined
  mount = ''
  worker = ''
  user = ''
  readonly #home: ExchangeHome
  readonly #connection: HostedConnection
  #first: Candidate<GuardedMount> | undefined
  #candidate: Candidate<GuardedMount> | undefined
  /** The mount whose options count for the answer. */
  #options: MountOptions | undefined
  /** As the client sent it: what a script redirects to is no request of its own in the logs. */
  readonly #requested: RequestHead
  /** Before it was rewritten. */
  #requestedPath = ''
  /** What a rule answers once its mount has admitted the request. */
  #end: RuleEnd | undefined
  #localRedirects = 0
  #answered = false
  #status = 0
  /** The limits that this request has paid. */
  #paid: Few<RateLimit>
  /** What has admitted this request. */
  #admittedBy: Few<Access>

  constructor(
    home: ExchangeHome,
    connection: HostedConnection,
    peer: Peer,
    authority: string,
    head: RequestHead,
    input: Input,
  ) {
    this.#home = home
    this.#connection = connection
    this.peer = peer
    this.head = this.#requested = head
    this.input = input
    this.id = home.nextId()
    this.query = head.target.query
    this.authority = authority
    this.host = home.hostOf(authority)
    this.receivedMs = monotonicMs()
  }

  get stage(): Stage {
    return this.#answered ? 'sending' : (this.whenGone?.stage ?? 'running')
  }

  /** Kind of the handler that has it; '' when none has. */
  get handler(): string {
    return this.#candidate?.handler.kind ?? ''
  }

  /** Somebody else than its handler ends it; false when its answer is given already. */
  end(failure: PorticoError): boolean {
    if (this.#answered) return false
    const work = this.whenGone
    this.whenGone = undefined
    work?.cancel()
    this.fail(failure)
    return true
  }

  start(): void {
    const { method, target } = this.head
    if (method === 'CONNECT' || method === 'TRACE') {
      this.fail(new PorticoError('E_METHOD_UNSUPPORTED'))
      return
    }
    if (target.kind === 'asterisk') {
      this.respond({ status: 204, fields: ['Allow', methodsOfServer], body: undefined })
      return
    }
    this.#route(target.path)
  }

  #route(raw: string): void {
    const path = normalizePath(raw)
    if (path.kind === 'bad' && this.#localRedirects > 0) {
      this.fail(
        new PorticoError('E_LOCAL_REDIRECT', undefined, { location: raw.slice(0, 200), why: path.why }),
      )
      return
    }
    if (path.kind === 'bad') {
      this.#home.log.debug('request.malformed', { request: this.id, why: path.why })
      this.respond(errorAnswer(400, this.id, sentence(path.why)))
      return
    }
    this.path = path.path
    if (this.#requestedPath === '') this.#requestedPath = path.path
    const { router } = this.#home
    if (router.rewrites) this.#rewrite()
    this.#first = this.#candidate = router.first(this.host, this.path)
    this.#ask()
  }

  respond(answer: Answer): void {
    if (this.#answered) {
      // Too late, the client has gone: what would have been streamed must still free what it holds.
      discardBody(answer)
      return
    }
    this.#answered = true
    this.whenGone = undefined
    this.#status = answer.status
    let sent = answer
    try {
      const options = this.#options
      const { standard } = this.#home
      let told = standard
      if (options !== undefined && answer.verbatim !== true) {
        sent = dressedAnswer(answer, options, this.head, this.#candidate?.handler.kind ?? '')
        if (options.headers?.removesServer === true) told = { server: '', date: () => standard.date() }
      }
      respond(this.#connection, this.head, sent, told)
    } catch (thrown) {
      discardBody(sent)
      this.#answered = false
      this.fail(asFailure(thrown))
    }
  }

  pass(): void {
    if (this.#answered) return
    this.#candidate = this.#candidate?.next()
    this.#ask()
  }

  redirectLocally(target: string): void {
    if (this.#answered) return
    const parsed = parseTarget(target, 'GET')
    if (parsed === undefined || ++this.#localRedirects > mostLocalRedirects) {
      this.fail(new PorticoError('E_LOCAL_REDIRECT', undefined, { location: target.slice(0, 200) }))
      return
    }
    const { method, fields } = this.head
    const isHead = method === 'HEAD'
    this.head = { ...this.head, method: isHead ? method : 'GET', target: parsed, fields: withoutBody(fields) }
    this.input = noInput
    this.query = parsed.query
    this.worker = ''
    this.#end = undefined
    this.#route(parsed.path)
  }

  fail(failure: PorticoError): void {
    if (this.#answered) return
    this.#report(failure)
    this.respond(failureAnswer(failure, this.id, this.head))
  }

  gone(failure: PorticoError): void {
    const work = this.whenGone
    this.whenGone = undefined
    if (!this.#answered) this.#status = failureStatus(failure)
    this.#answered = true
    work?.cancel()
    this.#logAccess(Number(failure.facts.bodyBytes ?? 0))
  }

  finished(bodyBytes: number, complete: boolean, failure?: PorticoError): void {
    if (!complete) this.#report(failure ?? new PorticoError('E_OUTPUT_CUT_SHORT'), { bodyBytes })
    this.#logAccess(bodyBytes)
  }

  #rewrite(): void {
    const { path, query, end } = this.#home.router.rewritten(this.host, this.path, this.query)
    this.path = path
    this.query = query
    this.#end = end
  }

  #answerRule(end: RuleEnd): void {
    switch (end.kind) {
      case 'redirect':
        this.respond({ status: end.status, fields: ['Location', end.location], body: undefined })
        break
      case 'bad':
        this.respond(errorAnswer(400, this.id, sentence(end.why)))
        break
      case 'endless':
        this.fail(new PorticoError('E_REWRITE_ENDLESS'))
        break
      default:
        end satisfies never
    }
  }

  #ask(): void {
    const candidate = this.#candidate
    if (candidate === undefined) {
      if (this.#end === undefined) this.#nobodyAnswers()
      else this.#answerRule(this.#end)
      return
    }
    this.mount = candidate.match.mount
    this.#options = candidate.mount
    const { maintenance, rate, access } = candidate.mount
    if (maintenance !== undefined) {
      const closed = maintenance.answer(clientOf(this.peer), this.id)
      if (closed !== undefined) {
        this.respond(closed)
        return
      }
    }
    if (rate !== undefined && !isAmong(this.#paid, rate) && !this.#pay(rate)) return
    if (access !== undefined && !isAmong(this.#admittedBy, access))
      access.check(this.#visitor(candidate, access))
    else this.#hand(candidate)
  }

  /** Also when a longer mount has passed: its files must not be a way around the access of what stands behind them. */
  #visitor(candidate: Candidate<GuardedMount>, access: Access): Visitor {
    return {
      address: clientOf(this.peer),
      trusted: this.peer.trusted,
      fields: this.head.fields,
      mount: this.mount,
      nowMs: this.receivedMs,
      admitted: (user) => {
        if (this.#answered) return
        this.#admittedBy = withOne(this.#admittedBy, access)
        if (user !== '') this.user = user
        this.#hand(candidate)
      },
      refused: ({ status, why, fields }: Refusal) => this.respond(errorAnswer(status, this.id, why, fields)),
      isWaiting: () => !this.#answered,
    }
  }

  #hand(candidate: Candidate<GuardedMount>): void {
    if (this.#end !== undefined) {
      this.#answerRule(this.#end)
      return
    }
    try {
      candidate.handler.answer(this, candidate.match)
    } catch (thrown) {
      this.fail(asFailure(thrown))
    }
  }

  /** Also when a longer mount has passed: its files must not be a way around the limit of an application. */
  #pay(rate: RateLimit): boolean {
    this.#paid = withOne(this.#paid, rate)
    const seconds = rate.take(clientOf(this.peer), this.mount, this.receivedMs)
    if (seconds === 0) return true
    const why = `Too many requests came from your address. Please try again in ${seconds} s.`
    this.respond(errorAnswer(429, this.id, why, ['Retry-After', String(seconds)]))
    return false
  }

  #nobodyAnswers(): void {
    this.#options = this.#first?.mount
    const allowed = this.#first?.allowedMethods()
    if (allowed === undefined || allowed.length === 0 || allowed.includes(this.head.method)) {
      this.respond(errorAnswer(404, this.id))
      return
    }
    const allow = ['Allow', [...allowed, 'OPTIONS'].join(', ')]
    if (this.head.method === 'OPTIONS') this.respond({ status: 204, fields: allow, body: undefined })
    else this.respond(errorAnswer(405, this.id, '', allow))
  }

  #report(failure: PorticoError, more: Facts = {}): void {
    const status = failureStatus(failure)
    const facts = {
      request: this.id,
      // What the client has seen, when the head was out already.
      status: this.#answered ? this.#status : status,
      code: failure.code,
      method: this.#requested.method,
      target: this.#requested.target.raw,
      redirected: this.head === this.#requested ? undefined : this.head.target.raw,
      mount: this.mount,
      worker: this.worker === '' ? undefined : this.worker,
      ...failure.facts,
      ...more,
    }
    const { log } = this.#home
    if (failure.code === 'E_INTERNAL') {
      const cause = failure.cause
      log.error('internal.fault', facts, cause instanceof Error ? cause.stack : failure.message)
    } else if (failure.code === 'E_METHOD_UNSUPPORTED') log.debug('request.failed', facts, failure.message)
    else if (status >= 500) log.error('request.failed', facts, failure.message)
    else log.info('request.failed', facts, failure.message)
  }

  #logAccess(bodyBytes: number): void {
    const accessLog = this.#home.accessLogs.of(this.host)
    if (!accessLog.enabled) return
    accessLog.write(accessEntry(this, this.#requested, this.#requestedPath, this.#status, bodyBytes))
  }
}

/** The fields of a request without those of its body. */
function withoutBody(fields: Fields): Fields {
  const ofBody = (name: string | undefined) => /^(content-.*|transfer-encoding|expect)$/i.test(name ?? '')
  return fields.filter((_, i) => !ofBody(fields[i - (i % 2)]))
}

function discardBody(answer: Answer): void {
  if (answer.body !== undefined && !Buffer.isBuffer(answer.body)) answer.body.source.cancel()
}
