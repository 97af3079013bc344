// Waiting with a deadline, and a client that sends exactly the octets it is given.
// Strings are ByteStrings: one character is one octet.

import { connect } from 'node:net'

/** The value of a promise, or a failure that names `what` after `ms` milliseconds. */
export async function within<T>(ms: number, promise: PromiseLike<T>, what: string): Promise<T> {
  let deadline: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => reject(new Error(`${what} did not happen within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(deadline)
  }
}

export interface RawExchangeOptions {
  /** Stops reading when true for what has come; otherwise the far side has to close. */
  readonly until?: (received: string) => boolean
  /** Closes our half of the connection after the octets are sent. */
  readonly end?: boolean
  /** Deadline for the whole, in ms; default 10,000. */
  readonly ms?: number
}

/**
 * Sends octets to a port of 127.0.0.1 and resolves to everything that came back once the far side has closed (also by a
 * reset), or `until` says that it is enough.
 */
export function rawExchange(
  port: number,
  bytes: string | Uint8Array,
  { until, end = false, ms = 10_000 }: RawExchangeOptions = {},
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  let connected = false
  const answer = new Promise<string>((resolve, reject) => {
    socket.setEncoding('latin1')
    socket.on('connect', () => {
      connected = true
    })
    socket.on('data', (text: string) => {
      received += text
      if (until?.(received)) resolve(received)
    })
    socket.on('end', () => resolve(received))
    // A reset after the connection was made is one way of closing; what came before it counts.
    socket.on('error', (error) => (connected ? resolve(received) : reject(error)))
    socket.on('close', () => resolve(received))
  })
  const octets = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  if (end) socket.end(octets)
  else socket.write(octets)
  return within(ms, answer, `an answer from port ${port}`).finally(() => socket.destroy())
}
