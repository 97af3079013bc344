// A FastCGI server that may do anything: it speaks records as a test tells it to (FastCGI 1.0 section 3).
// Written apart from src/wire, so that both cannot be wrong in the same way.

import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

const headerBytes = 8
const type = { begin: 1, end: 3, params: 4, stdin: 5, stdout: 6, stderr: 7 } as const

export function record(kind: number, content: string | Buffer, id = 1, padding = 0, version = 1): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content
  const header = Buffer.from([version, kind, id >> 8, id & 255, 0, 0, padding, 0])
  header.writeUInt16BE(bytes.length, 4)
  return Buffer.concat([header, bytes, Buffer.alloc(padding, 'p')])
}

export const stdout = (content: string | Buffer, padding = 0): Buffer =>
  record(type.stdout, content, 1, padding)
export const stderr = (content: string | Buffer): Buffer => record(type.stderr, content)

export function end(appStatus = 0, protocolStatus = 0, id = 1): Buffer {
  const content = Buffer.alloc(8)
  content.writeUInt32BE(appStatus)
  content[4] = protocolStatus
  return record(type.end, content, id)
}

/** A whole answer in one record. */
export const whole = (text: string): Buffer => Buffer.concat([stdout(text), end()])

export interface Received {
  readonly params: ReadonlyMap<string, string>
  readonly input: Buffer
  readonly socket: Socket
  /** Of its connection, from 0. */
  readonly number: number
}

export type Answer = (request: Received) => void

export class FastcgiServer {
  /** By the query of a request. */
  readonly answers = new Map<string, Answer>()
  readonly requests: Received[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** Its address, as portico.yaml has it. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`127.0.0.1:${(this.#server.address() as AddressInfo).port}`)
      })
    })
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** How many requests had this query. */
  count(query: string): number {
    return this.requests.filter(({ params }) => params.get('QUERY_STRING') === query).length
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let bytes: Buffer = Buffer.alloc(0)
    let params: Buffer[] = []
    let input: Buffer[] = []
    let number = 0
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more])
      for (;;) {
        const size = bytes.length < headerBytes ? 0 : bytes.readUInt16BE(4) + (bytes[6] ?? 0)
        if (bytes.length < headerBytes + size) return
        const content = bytes.subarray(headerBytes, headerBytes + bytes.readUInt16BE(4))
        const kind = bytes[1]
        bytes = bytes.subarray(headerBytes + size)
        if (kind === type.params) params.push(content)
        if (kind !== type.stdin) continue
        if (content.length > 0) {
          input.push(content)
          continue
        }
        const request = {
          params: pairsOf(Buffer.concat(params)),
          input: Buffer.concat(input),
          socket,
          number,
        }
        params = []
        input = []
        number++
        this.requests.push(request)
        this.answers.get(request.params.get('QUERY_STRING') ?? '')?.(request)
      }
    })
  }
}

function pairsOf(bytes: Buffer): Map<string, string> {
  const pairs = new Map<string, string>()
  let at = 0
  const length = (): number => {
    const first = bytes[at] ?? 0
    if (first < 128) {
      at++
      return first
    }
    at += 4
    return bytes.readUInt32BE(at - 4) & 0x7fffffff
  }
  while (at < bytes.length) {
    const name = length()
    const value = length()
    pairs.set(bytes.toString('latin1', at, at + name), bytes.toString('latin1', at + name, at + name + value))
    at += name + value
  }
  return pairs
}
