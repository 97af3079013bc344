// A raw FastCGI client: any number of requests on one connection, each with all that came for it.

import { connect, type Socket } from 'node:net'
import {
  encodeBegin,
  encodeRecord,
  encodeStream,
  encodeStreamEnd,
  RecordDecoder,
  recordType,
  role,
} from '../../../src/wire/fastcgi.ts'
import { encodePair } from '../../../src/wire/fastcgi-params.ts'
import { eventually } from '../../double/eventually.ts'
import { within } from '../../double/socket.ts'

export interface Ended {
  readonly stdout: string
  readonly stderr: string
  /** Of END_REQUEST; undefined when the connection ended before it. */
  readonly status: number | undefined
}

interface Open {
  stdout: string
  stderr: string
  readonly done: (status: number | undefined) => void
}

export class RecordClient {
  readonly #socket: Socket
  readonly #open = new Map<number, Open>()
  readonly #decoder = new RecordDecoder()
  closed = false

  /** @param address `unix:PATH` or `HOST:PORT` */
  constructor(address: string) {
    const [host = '', port = ''] = address.split(':')
    this.#socket = host === 'unix' ? connect(port) : connect({ host, port: Number(port) })
    this.#socket.on('data', (bytes) => this.#decoder.push(bytes, this))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.closed = true
      for (const { done } of this.#open.values()) done(undefined)
    })
  }

  /** Sends one request and resolves to what became of it. */
  ask(id: number, path: string, { query = '', body = '' } = {}): Promise<Ended> {
    const variables = {
      REQUEST_METHOD: body === '' ? 'GET' : 'POST',
      SCRIPT_NAME: '',
      PATH_INFO: path,
      QUERY_STRING: query,
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      SERVER_PROTOCOL: 'HTTP/1.1',
      ...(body === '' ? {} : { CONTENT_LENGTH: String(body.length) }),
    }
    const pairs = Object.entries(variables).map(([name, value]) => encodePair(name, value))
    const ended = new Promise<Ended>((resolve) => {
      const open: Open = {
        stdout: '',
        stderr: '',
        done: (status) => {
          this.#open.delete(id)
          resolve({ stdout: open.stdout, stderr: open.stderr, status })
        },
      }
      this.#open.set(id, open)
    })
    this.#socket.write(
      Buffer.concat([
        encodeBegin(id, role.responder, true),
        encodeRecord(recordType.params, id, Buffer.from(pairs.join(''), 'latin1')),
        encodeStreamEnd(recordType.params, id),
        ...encodeStream(recordType.stdin, id, Buffer.from(body, 'latin1')),
        encodeStreamEnd(recordType.stdin, id),
      ]),
    )
    return within(20_000, ended, `the end of request ${id}`)
  }

  record(type: number, id: number, content: Buffer, last: boolean): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    if (type === recordType.stdout) open.stdout += content.toString('latin1')
    else if (type === recordType.stderr) open.stderr += content.toString('latin1')
    else if (type === recordType.end && last) open.done(content[4])
  }

  malformed(why: string): void {
    this.#socket.destroy(new Error(why))
  }

  untilClosed(): Promise<true> {
    return eventually('the end of the connection', () => (this.closed ? true : undefined))
  }

  end(): void {
    this.#socket.destroy()
  }
}
