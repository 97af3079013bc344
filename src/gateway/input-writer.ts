// How the input of a call gets onto a channel: with the environ when it is small, else piece by piece as the peer takes it.
// What a piece looks like on the wire is the gateway's affair.

import type { Channel } from '../backend/backend.ts'
import type { PorticoError } from '../failure.ts'
import type { CallInput } from './input.ts'

/** Input up to this size travels in the same write as the environ. */
const embeddedInputBytes = 32 * 1024

/** The whole input travels with the environ. */
export function isEmbedded(input: CallInput | undefined): boolean {
  if (input === undefined) return true
  return input.pieces !== undefined && input.length !== undefined && input.length <= embeddedInputBytes
}

/** The call that an input belongs to. */
export interface InputOwner {
  /** The call is over: nothing more is read or written. */
  readonly over: boolean
  /** Writes a piece to the channel; false: wait for `drained`. The next piece overwrites it. */
  writeInput(piece: Buffer): boolean
  inputEnded(): void
  inputFailed(failure: PorticoError): void
}

export class InputWriter {
  readonly #input: CallInput
  readonly #channel: Channel
  readonly #owner: InputOwner
  #waitsForDrain = false
  /** All of the input has been written. */
  ended = false

  constructor(input: CallInput, channel: Channel, owner: InputOwner) {
    this.#input = input
    this.#channel = channel
    this.#owner = owner
  }

  /** @param open the channel takes more at once; otherwise it will say `drained` */
  start(open: boolean): void {
    if (open) this.#writeNext()
    else this.#waitsForDrain = true
  }

  drained(): void {
    if (!this.#waitsForDrain || this.#owner.over) return
    this.#waitsForDrain = false
    this.#writeNext()
  }

  // A loop, not a recursion: pieces in memory come at once, and there may be many of them.
  #writeNext(): void {
    let more = true
    while (more && !this.#owner.over) {
      let atOnce = true
      more = false
      let taken = false
      this.#input.next((failure, piece) => {
        taken = true
        if (!atOnce) this.#channel.awaitsInput = false
        const goOn = this.#write(failure, piece)
        if (atOnce) more = goOn
        else if (goOn) this.#writeNext()
      })
      atOnce = false
      if (!taken) this.#channel.awaitsInput = true
    }
  }

  /** True when the next piece can follow now. */
  #write(failure: PorticoError | undefined, piece: Buffer | undefined): boolean {
    const owner = this.#owner
    if (owner.over) return false
    if (failure !== undefined) {
      owner.inputFailed(failure)
      return false
    }
    if (piece === undefined) {
      this.ended = true
      owner.inputEnded()
      return false
    }
    this.#waitsForDrain = !owner.writeInput(piece)
    return !this.#waitsForDrain
  }
}
