// What carries the octets of a call: a socket of its own, or a part of one that carries several calls.

import { connect, type OnReadOpts } from 'node:net'
import { writeTo } from '../../direct-write.ts'
import { readBuffer, readBytes } from '../../read-buffer.ts'
import type { ExternalAddress } from './address.ts'

export interface CarrierSink {
  connected(): void
  /** The bytes are valid only until the call returns. */
  data(bytes: Buffer): void
  drained(): void
  /** `code` of the error, '' when the other side has closed it in order. Not called behind `destroy`. */
  closed(code: string): void
}

export interface Carrier {
  /** False: wait for `drained`. */
  write(bytes: Buffer): boolean
  pause(): void
  resume(): void
  /** Nothing is read now, whoever wants that. */
  readonly isPaused: boolean
  destroy(): void
}

/** Nothing is told before it returns. */
export type OpenCarrier = (sink: CarrierSink) => Carrier

export function socketTo(address: ExternalAddress): OpenCarrier {
  const { kind, ...where } = address
  return (sink) => {
    let isPaused = false
    let isDestroyed = false
    let errorCode = ''
    const onread: OnReadOpts = {
      buffer: readBuffer,
      callback: (count) => {
        if (!isDestroyed) sink.data(readBytes(count))
        return !isPaused
      },
    }
    const socket = connect({ ...where, onread })
    // Small records must not wait for the acknowledgement of those before.
    if (kind === 'tcp') socket.setNoDelay(true)
    socket.on('connect', () => sink.connected())
    socket.on('drain', () => sink.drained())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      errorCode = error.code ?? 'unknown'
    })
    socket.on('close', () => {
      if (!isDestroyed) sink.closed(errorCode)
    })
    return {
      write: (bytes) => writeTo(socket, bytes),
      pause: () => {
        isPaused = true
      },
      resume: () => {
        if (!isPaused) return
        isPaused = false
        socket.resume()
      },
      get isPaused() {
        return isPaused
      },
      destroy: () => {
        isDestroyed = true
        socket.destroy()
      },
    }
  }
}
