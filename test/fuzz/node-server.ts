// What a real server of node:http takes from octets, to see that its parser alone is driven here as the server drives it.

import { createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { eventually } from '../double/eventually.ts'
import type { Message } from '../http1/reading.ts'

/** Both ends in one: octets that are pushed come from the client, what is written to it is dropped. */
class Wire extends Duplex {
  override _read(): void {}

  override _write(_piece: Buffer, _encoding: string, done: () => void): void {
    done()
  }

  setTimeout(): this {
    return this
  }

  setKeepAlive(): void {}

  setNoDelay(): void {}
}

// What is a matter of node:http and not of its parser is switched off.
const server = createServer({ requireHostHeader: false, maxHeaderSize: 1 << 20, keepAliveTimeout: 0 })
let messages: Message[] = []

server.on('request', (request: IncomingMessage, response) => {
  const { method = '', url: target = '', rawHeaders: fields } = request
  const message: Message = { method, target, fields, body: '', complete: false }
  messages.push(message)
  request.setEncoding('latin1').on('data', (text: string) => {
    message.body += text
  })
  request.on('end', () => {
    message.complete = true
    response.end()
  })
  request.on('error', () => {})
})
server.on('clientError', (_, wire) => wire.destroy())

/** The requests that it has taken once the client has closed behind the octets. */
export async function readByServer(octets: Buffer): Promise<Message[]> {
  messages = []
  const wire = new Wire()
  wire.on('error', () => {})
  let closed = false
  wire.on('close', () => {
    closed = true
  })
  server.emit('connection', wire)
  wire.push(octets)
  wire.push(null)
  await new Promise((resolve) => setImmediate(resolve))
  if (!closed) await eventually('the end of a connection', () => (closed ? true : undefined))
  return messages
}
