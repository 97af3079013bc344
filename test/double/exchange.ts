// An exchange without a connection: a test makes one, hands it to a handler and waits for what became of it.
// Enforces the contract: a second outcome, or a handler that throws, rejects or throws in the test.

import type { PorticoError } from '../../src/failure.ts'
import type { Answer, Cancellable, Exchange, Input, Peer } from '../../src/http/exchange.ts'
import type { Fields } from '../../src/http/fields.ts'
import type { RequestHead } from '../../src/http/head.ts'

export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'passed' }
  | { readonly kind: 'redirected'; readonly target: string }
  | { readonly kind: 'failed'; readonly failure: PorticoError }

export interface FakeRequest {
  readonly method?: string
  /** The normalised path; '/' by default. */
  readonly path?: string
  readonly query?: string
  readonly host?: string
  readonly fields?: Fields
  readonly input?: Input
  /** Monotonic; by default each request comes long after the one before. */
  readonly receivedMs?: number
  /** '' by default: nobody. */
  readonly user?: string
}

const peer: Peer = {
  remoteAddress: '192.0.2.1',
  remotePort: 50000,
  localAddress: '192.0.2.2',
  localPort: 80,
  scheme: 'http',
  trusted: false,
}

const apartMs = 60_000
let lastMs = 0

const noInput: Input = {
  length: 0,
  read: (sink) => sink.end(),
  pause() {},
  resume() {},
}

function headOf(request: FakeRequest): RequestHead {
  const { path = '/', query = '', host = 'example.test' } = request
  const raw = query === '' ? path : `${path}?${query}`
  return {
    method: request.method ?? 'GET',
    target: { kind: 'origin', raw, path, query, authority: undefined },
    version: 11,
    fields: request.fields ?? [],
    framing: { kind: 'none' },
    authority: host,
    keepAlive: true,
    expectsContinue: false,
  }
}

export class FakeExchange implements Exchange {
  readonly id = 'test-1'
  readonly head: RequestHead
  readonly path: string
  readonly query: string
  readonly authority: string
  readonly host: string
  readonly peer = peer
  readonly input: Input
  readonly receivedMs: number
  whenGone: Cancellable | undefined
  mount = ''
  worker = ''
  readonly user: string
  /** What became of the exchange; hangs until the handler has decided. */
  readonly outcome: Promise<Outcome>
  #settle: (outcome: Outcome) => void = () => {}
  #settled: Outcome | undefined
  #isGone = false

  constructor(request: FakeRequest = {}) {
    this.head = headOf(request)
    this.path = request.path ?? '/'
    this.query = request.query ?? ''
    this.host = request.host ?? 'example.test'
    this.authority = this.head.authority
    this.input = request.input ?? noInput
    lastMs += apartMs
    this.receivedMs = request.receivedMs ?? lastMs
    this.user = request.user ?? ''
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** The outcome if there is one by now. */
  get settled(): Outcome | undefined {
    return this.#settled
  }

  /** The client goes; an answer that comes all the same is freed, as the server does it. */
  leave(): void {
    this.#isGone = true
    this.whenGone?.cancel()
    this.whenGone = undefined
  }

  redirectLocally(target: string): void {
    this.#conclude({ kind: 'redirected', target })
  }

  respond(answer: Answer): void {
    if (this.#isGone && answer.body !== undefined && !Buffer.isBuffer(answer.body))
      answer.body.source.cancel()
    this.#conclude({ kind: 'answer', answer })
  }

  pass(): void {
    this.#conclude({ kind: 'passed' })
  }

  fail(failure: PorticoError): void {
    this.#conclude({ kind: 'failed', failure })
  }

  #conclude(outcome: Outcome): void {
    if (this.#settled !== undefined)
      throw new Error(`second outcome ${outcome.kind} after ${this.#settled.kind}`)
    this.#settled = outcome
    this.#settle(outcome)
  }
}
