// A request body that is fed by hand and respects pause.

import type { Input, InputSink } from '../../src/http/exchange.ts'

export class HandInput implements Input {
  readonly length = undefined
  paused = false
  sink: InputSink | undefined
  #resumed: (() => void) | undefined

  read(sink: InputSink): void {
    this.sink = sink
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#resumed?.()
  }

  /** Hands the pieces on as fast as the reader takes them, then the end. */
  async feed(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      this.sink?.data(piece)
      if (this.paused) await new Promise<void>((resolve) => (this.#resumed = resolve))
    }
    this.sink?.end()
  }
}
