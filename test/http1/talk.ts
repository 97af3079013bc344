// Sends the pieces of a vector over a socket of its own and keeps all that comes back.

import { connect, type Socket } from 'node:net'
import { within } from '../double/socket.ts'

export interface Talk {
  readonly received: string
  /** The server has closed the connection. */
  readonly ended: boolean
}

export interface TalkOptions {
  readonly port: number
  readonly pieces: readonly Buffer[]
  /** Longest wait for an answer between two pieces; goes on when something has come. */
  readonly pauseMs?: number | undefined
  /** Closes our half behind the last piece. */
  readonly shutdown?: boolean | undefined
  /** Silence after which the connection counts as left open; without it the server has to close. */
  readonly idleMs?: number | undefined
}

const wholeMs = 40_000

export async function talk(options: TalkOptions): Promise<Talk> {
  const socket = connect({ port: options.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const conversation = new Conversation(socket)
  try {
    return await within(wholeMs, conversation.hold(options), 'the end of a conversation')
  } finally {
    socket.destroy()
  }
}

class Conversation {
  readonly #socket: Socket
  #received = ''
  #ended = false
  #heard: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#received += text
      this.#heard?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#heard?.()
    }
    // A reset is a way of closing, too.
    socket.on('error', end).on('end', end).on('close', end)
  }

  async hold({ pieces, pauseMs, shutdown, idleMs }: TalkOptions): Promise<Talk> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && pauseMs !== undefined) await this.#hear(pauseMs)
      if (this.#ended) break
      await this.#write(piece)
    }
    if (shutdown === true && !this.#ended) this.#socket.end()
    while (!this.#ended && (await this.#hear(idleMs))) {
      // Every piece that comes starts the wait anew.
    }
    return { received: this.#received, ended: this.#ended }
  }

  /** One write to the kernel each: the next waits until it is done, and lets whatever has come be read. */
  #write(piece: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(piece, () => setImmediate(resolve))
    })
  }

  /** True when something came, or the end; false when `ms` passed in silence. */
  #hear(ms: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const silence = ms === undefined ? undefined : setTimeout(() => resolve(false), ms)
      this.#heard = () => {
        clearTimeout(silence)
        this.#heard = undefined
        resolve(true)
      }
    })
  }
}
