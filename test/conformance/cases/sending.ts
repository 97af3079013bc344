// Requests with bodies that are sent piece by piece.

import type { Client } from '../client.ts'

/** Sends a body of zeros, `count` octets, as fast as the server takes it, until it is sent or the server closes. */
export async function sendZeros(
  client: Client,
  count: number,
  enough = (): boolean => false,
): Promise<number> {
  const block = Buffer.alloc(1 << 16)
  let sent = 0
  while (sent < count && !client.closed && !enough()) {
    const piece = block.subarray(0, Math.min(block.length, count - sent))
    sent += piece.length
    if (client.socket.write(piece)) continue
    await new Promise<void>((resolve) => {
      const go = (): void => {
        client.socket.off('drain', go).off('close', go)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(go, 2000)
      client.socket.on('drain', go).on('close', go)
    })
    if (client.socket.writableNeedDrain && client.received.length > 0) break
  }
  return sent
}

export function postHead(path: string, length: number, ...fields: readonly string[]): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: conformance.example', `Content-Length: ${length}`, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n`
}

export function chunkedRequest(path: string, chunks: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: conformance.example\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`
}
