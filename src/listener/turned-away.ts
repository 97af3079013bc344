// Connections that there is no room for: each gets a 503 and a short while to read it.
// They are not among the connections of the server, so they have a deadline of their own.

import type { Socket } from 'node:net'

/** A connection may take this long to read its 503, and so many may do so at once. */
const leaveMs = 2000
const maxLeaving = 100
const answer =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'

export class TurnedAway {
  #leaving = 0

  /** Beyond a few of them not even the answer is spent. */
  add(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#leaving >= maxLeaving) {
      socket.destroy()
      return
    }
    this.#leaving++
    socket.on('close', () => this.#leaving--)
    socket.setTimeout(leaveMs, () => socket.destroy())
    socket.end(answer)
    socket.resume()
  }
}
