// One case: a behaviour of a row of the checklist, black box. It fails by throwing; the first line says what was wrong.

import { eventually } from '../double/eventually.ts'
import { type Answer, fieldNamed } from './answer.ts'
import { Client, waitMs } from './client.ts'
import { contains, lacks, ok, same } from './expectation.ts'
import type { Capability, Target } from './target.ts'

export interface Case {
  /** `WSG-NN` of rows.ts. */
  readonly row: string
  /** What a server does that passes. */
  readonly title: string
  /** Where a case binds less than its row. */
  readonly level?: 'S' | 'P'
  /** Without these the row says nothing about a server. */
  readonly needs?: readonly Capability[]
  /** Runs again with the application under wsgiref.validate. */
  readonly validated?: boolean
  readonly run: (site: Session) => Promise<void>
}

export interface Ask {
  readonly method?: string
  /** '1.1' by default. */
  readonly version?: '1.0' | '1.1'
  /** `Name: value` */
  readonly fields?: readonly string[]
  readonly host?: string
  /** Brings its Content-Length along. */
  readonly body?: string
}

/** The head and the body of a request, and nothing that was not asked for but Host and Content-Length. */
export function requestOf(path: string, ask: Ask = {}): Buffer {
  const { method = ask.body === undefined ? 'GET' : 'POST', version = '1.1', fields = [], host } = ask
  const body = Buffer.from(ask.body ?? '', 'latin1')
  const lines = [`${method} ${path} HTTP/${version}`]
  if (version === '1.1' || host !== undefined) lines.push(`Host: ${host ?? 'conformance.example'}`)
  if (ask.body !== undefined) lines.push(`Content-Length: ${body.length}`)
  return Buffer.concat([Buffer.from(`${[...lines, ...fields].join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** What one run of a case has in hand: the server, a token of its own, connections that are closed at the end. */
export class Session {
  readonly target: Target
  readonly token: string
  /** The application runs under wsgiref.validate. */
  readonly validated: boolean
  readonly #prefix: string
  readonly #clients: Client[] = []
  readonly #logged: number

  constructor(target: Target, prefix: '' | '/validated') {
    this.target = target
    this.#prefix = prefix
    this.validated = prefix !== ''
    this.token = target.kind.place.newToken()
    this.#logged = target.log().length
  }

  /** The path of a behaviour with the token of this run. */
  path(route: string, query = ''): string {
    return `${this.#prefix}/${route}?token=${this.token}${query === '' ? '' : `&${query}`}`
  }

  /** The path of a behaviour without any query. */
  bare(route: string): string {
    return `${this.#prefix}/${route}`
  }

  async connect(): Promise<Client> {
    const client = await Client.open(this.target.port)
    this.#clients.push(client)
    return client
  }

  /** Asks on a connection of its own, which stays open behind the answer. */
  async ask(path: string, ask: Ask = {}): Promise<Answer> {
    return (await this.exchange(path, ask)).answer
  }

  /** The same, with the connection. */
  async exchange(path: string, ask: Ask = {}): Promise<{ answer: Answer; client: Client }> {
    const client = await this.connect()
    client.send(requestOf(path, ask))
    return { answer: await client.answer(ask.method), client }
  }

  /** Asks and reads the answer as JSON. */
  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const answer = await this.ask(path, ask)
    same(answer.status, 200, 'status')
    return JSON.parse(answer.body) as T
  }

  /** Nothing came behind the answer, and the connection carries another request or has been closed in order. */
  async staysInStep(client: Client, answer: Answer): Promise<void> {
    const closes = /close/i.test(fieldNamed(answer, 'connection') ?? '')
    if (answer.framing !== 'close' && !closes) client.send(requestOf('/where/next'))
    if (closes || answer.framing === 'close') {
      same(await client.rest(), '', 'octets behind the answer')
      return
    }
    if (!(await client.until('an answer or the close', (text) => text.length > 0))) return
    const next = await client.answer()
    same([next.status, next.body], [200, '["", "/where/next"]'], 'the next answer on the connection')
  }

  /** The answer is a clean error of the server's own and the server is well. */
  refused(answer: Answer, what: string): void {
    ok(answer.status === 500 || answer.status === 502, `${what}: status ${answer.status}, not 500`)
    ok(answer.complete, `${what}: the error page was cut short`)
  }

  /**
   * The application's result was no body: an error, or, where the head is out by then, an answer cut short without an
   * octet of it. Of Portico only the first will do.
   */
  failed(answer: Answer, text: string, what: string): void {
    if (answer.status !== 200 || this.target.kind.can.has('portico')) this.refused(answer, what)
    else same(answer.complete, false, `${what}: looks complete`)
    lacks(answer.body, text, what)
  }

  /** The application failed behind its first octets: cut where it failed, or, if those had not left yet, a clean error. */
  async cutShort(client: Client, answer: Answer, begun: string): Promise<void> {
    if (answer.status >= 500) {
      this.refused(answer, 'answer')
      return
    }
    same([answer.status, answer.body], [200, begun], 'answer')
    same(answer.complete, false, 'complete')
    same(await client.rest(), '', 'octets after the cut')
  }

  /** Waits until the server's error log has it, counted from the start of this case. */
  async logged(part: string | RegExp, what: string): Promise<void> {
    const found = (): boolean => {
      const text = this.target.log().slice(this.#logged)
      return typeof part === 'string' ? text.includes(part) : part.test(text)
    }
    try {
      await eventually(what, () => (found() ? true : undefined), waitMs)
    } catch {
      contains(this.target.log().slice(this.#logged), part, what)
    }
  }

  /** What the server's error log has got since the start of this case. */
  get log(): string {
    return this.target.log().slice(this.#logged)
  }

  get record(): string[] {
    return this.target.kind.place.record(this.token)
  }

  recorded(line: string): Promise<string[]> {
    return this.target.kind.place.recorded(this.token, line)
  }

  /** close() was noted once; another request is answered in between, so that a second would be there too. */
  async closedOnce(): Promise<void> {
    await this.recorded('closed')
    await this.ask('/where')
    same(this.record.filter((line) => line === 'closed').length, 1, 'calls of close()')
  }

  openGate(): void {
    this.target.kind.place.openGate(this.token)
  }

  finish(): void {
    for (const client of this.#clients) client.destroy()
  }
}
