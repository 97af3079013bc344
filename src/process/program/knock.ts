// Whether somebody takes connections from a unix socket. A connection stands as soon as it is in the backlog, and a program has
// no word for "ready". But one that takes a connection on which nothing comes, and that has ended, closes it.

import { connect } from 'node:net'

export interface KnockSink {
  /** Somebody took it, and closed it. */
  taken(): void
  /** Nobody listens, or who listened has ended. */
  refused(): void
}

/** Tells what becomes of one empty connection; the returned function gives it up. `path` is used before this returns. */
export function knock(path: string, sink: KnockSink): () => void {
  const socket = connect({ path, allowHalfOpen: true })
  let told = false
  const tell = (what: () => void): void => {
    if (told) return
    told = true
    socket.destroy()
    what()
  }
  socket.on('connect', () => socket.end())
  socket.on('end', () => tell(() => sink.taken()))
  socket.on('error', () => tell(() => sink.refused()))
  socket.on('close', () => tell(() => sink.refused()))
  socket.resume()
  return () => tell(() => {})
}
