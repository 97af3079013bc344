// Questions on their way to HTTP processes and back, each with its deadline: a process may hang, or be gone.

import type { LogPiece } from '../../log/recent-lines.ts'
import { Deadline } from '../../process/deadline.ts'
import type { Answers, Questions, What } from './questions.ts'

/** Who has not answered by then is not waited for. */
const answerMs = 1000

export interface AskMessage {
  readonly kind: 'ask'
  readonly id: number
  readonly question: Questions[What]
}

export interface AnswerMessage {
  readonly kind: 'answer'
  readonly id: number
  readonly answer: Answers[What]
}

/** The last words of a process: what it has kept of its logs. */
export interface KeptLogMessage {
  readonly kind: 'kept-log'
  readonly pieces: readonly LogPiece[]
}

export class Asking {
  readonly #waiting = new Map<number, (answer: Answers[What] | undefined) => void>()
  #count = 0

  /** @param send false when nobody takes the message */
  ask<W extends What>(
    question: Questions[W],
    send: (message: AskMessage) => boolean,
  ): Promise<Answers[W] | undefined> {
    const id = ++this.#count
    if (!send({ kind: 'ask', id, question })) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const deadline = new Deadline()
      const settle = (answer: Answers[What] | undefined) => {
        this.#waiting.delete(id)
        deadline.clear()
        // The process answers what it was asked: it is one of ours, of the same version.
        resolve(answer as Answers[W] | undefined)
      }
      this.#waiting.set(id, settle)
      deadline.arm(answerMs, () => settle(undefined))
    })
  }

  heard({ id, answer }: AnswerMessage): void {
    this.#waiting.get(id)?.(answer)
  }
}
