// One raw connection to a server under test: sends exactly the octets it is given, takes answers apart exactly as they
// came, and notices what comes behind them. Text is latin-1: one character is one octet.

import { connect, type Socket } from 'node:net'
import { within } from '../double/socket.ts'
import { type Answer, type Framing, fieldsOf, framingOf } from './answer.ts'

/** Deadline of every wait for the server, in ms. */
export const waitMs = 10_000

export class Client {
  readonly socket: Socket
  #received = ''
  #closed = false
  #reset = false
  #more: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      this.#more?.()
    })
    const ended = (): void => {
      this.#closed = true
      this.#more?.()
    }
    socket.on('end', ended)
    socket.on('close', ended)
    socket.on('error', () => {
      this.#reset = true
    })
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await within(
      waitMs,
      new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)),
      'a connection',
    )
    return new Client(socket)
  }

  send(bytes: string | Uint8Array): void {
    if (this.#closed) return
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Closes our half. */
  end(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** What has come and was not taken yet. */
  get received(): string {
    return this.#received
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The connection ended with a reset, not in order. */
  get reset(): boolean {
    return this.#reset
  }

  /** Waits until `enough` is true for what has come, or the far side has closed. */
  async until(what: string, enough: (received: string) => boolean, ms = waitMs): Promise<boolean> {
    const arrived = async (): Promise<boolean> => {
      while (!enough(this.#received)) {
        if (this.#closed) return false
        await new Promise<void>((resolve) => {
          this.#more = resolve
        })
      }
      return true
    }
    return within(ms, arrived(), what)
  }

  /** The rest, once the far side has closed. */
  async rest(): Promise<string> {
    await this.until('the close of the connection', () => false)
    return this.#take(this.#received.length)
  }

  /** The next answer, those of the 100s included in `interim`. `method` is the one of its request. */
  async answer(method = 'GET', ms = waitMs): Promise<Answer> {
    const interim: number[] = []
    for (;;) {
      const head = await this.#until('\r\n\r\n', 'the head of an answer', ms)
      if (head === undefined) {
        const seen = JSON.stringify(this.#received.slice(0, 80))
        throw new Error(`no answer: the connection was closed after ${seen}`)
      }
      const [line = '', ...lines] = head.split('\r\n')
      const match = /^HTTP\/1\.[01] ([0-9]{3}) ?(.*)$/.exec(line)
      if (match === null) throw new Error(`not a status line: ${JSON.stringify(line.slice(0, 80))}`)
      const status = Number(match[1])
      if (status < 200 && status !== 101) {
        interim.push(status)
        continue
      }
      const fields = fieldsOf(lines)
      const framing = framingOf(status, fields, method)
      const { body, complete } = await this.#body(framing, fields, ms)
      return { line, status, reason: match[2] ?? '', fields, head, framing, body, complete, interim }
    }
  }

  async #body(
    framing: Framing,
    fields: Answer['fields'],
    ms: number,
  ): Promise<{ body: string; complete: boolean }> {
    if (framing === 'none') return { body: '', complete: true }
    if (framing === 'chunked') return this.#chunks(ms)
    if (framing === 'length') {
      const length = Number(fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1])
      const complete = await this.until('the body', (text) => text.length >= length, ms)
      return { body: this.#take(length), complete }
    }
    await this.until('the end of the body', () => false, ms)
    return { body: this.#take(this.#received.length), complete: !this.#reset }
  }

  async #chunks(ms: number): Promise<{ body: string; complete: boolean }> {
    const blocks: string[] = []
    for (;;) {
      const line = await this.#until('\r\n', 'a chunk', ms)
      if (line === undefined) return { body: blocks.join(''), complete: false }
      const size = Number.parseInt(line, 16)
      if (Number.isNaN(size)) throw new Error(`not a chunk size: ${JSON.stringify(line.slice(0, 40))}`)
      if (size === 0) {
        const trailers = await this.#until('\r\n', 'the end of the chunks', ms)
        return { body: blocks.join(''), complete: trailers === '' }
      }
      const whole = await this.until('a whole chunk', (text) => text.length >= size + 2, ms)
      blocks.push(this.#take(size))
      if (!whole) return { body: blocks.join(''), complete: false }
      this.#take(2)
    }
  }

  /** Takes the text up to `end` and drops `end`; undefined when the connection closed before it. */
  async #until(end: string, what: string, ms: number): Promise<string | undefined> {
    if (!(await this.until(what, (text) => text.includes(end), ms))) return undefined
    const text = this.#take(this.#received.indexOf(end))
    this.#take(end.length)
    return text
  }

  #take(count: number): string {
    const text = this.#received.slice(0, count)
    this.#received = this.#received.slice(count)
    return text
  }
}
