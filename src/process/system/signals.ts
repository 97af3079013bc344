// What the signals of the supervisor mean: the first SIGTERM or SIGINT finishes what runs, the second stops
// at once, SIGHUP reloads, SIGUSR1 reopens the logs.

export interface SignalSink {
  /** Finish what runs, then stop. */
  finish(signal: NodeJS.Signals): void
  /** Stop at once. */
  abort(signal: NodeJS.Signals): void
  reload(): void
  reopen(): void
}

/** The part of `process` that is needed. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown
  off(signal: NodeJS.Signals, listener: () => void): unknown
}

// npm and npx pass on a Ctrl-C that the terminal has sent to the whole group already; that is one wish, not
// two.
const sameWishMs = 300

/** Listens until the returned function is called. */
export function watchSignals(
  sink: SignalSink,
  clock: () => number,
  source: SignalSource = process,
): () => void {
  let firstAt: number | undefined
  const end = (signal: NodeJS.Signals) => (): void => {
    const now = clock()
    if (firstAt === undefined) {
      firstAt = now
      sink.finish(signal)
    } else if (now - firstAt >= sameWishMs) {
      sink.abort(signal)
    }
  }
  const listeners: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ['SIGTERM', end('SIGTERM')],
    ['SIGINT', end('SIGINT')],
    ['SIGHUP', () => sink.reload()],
    ['SIGUSR1', () => sink.reopen()],
  ]
  for (const [signal, listener] of listeners) source.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener)
  }
}
