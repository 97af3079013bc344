// Asks the thread that hashes passwords. The thread starts with the first question, and again when it has died.

import { Worker } from 'node:worker_threads'

export interface PasswordQuestion {
  readonly password: string
  readonly hash: string
}

/** Whether the password has the hash; called again only when the promise is settled. */
export type PasswordCheck = (question: PasswordQuestion) => Promise<boolean>

/** @param path of the built password-thread.js */
export function threadedCheck(path: string): PasswordCheck {
  const asking = new PasswordThread(path)
  return (question) => asking.ask(question)
}

interface Asked {
  resolve(right: boolean): void
  reject(error: Error): void
}

class PasswordThread {
  readonly #path: string
  #thread: Worker | undefined
  #asked: Asked | undefined

  constructor(path: string) {
    this.#path = path
  }

  ask(question: PasswordQuestion): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject }
      this.#thread ??= this.#start()
      this.#thread.postMessage(question)
    })
  }

  #start(): Worker {
    const thread = new Worker(this.#path, { env: {}, execArgv: [] })
    const gone = (error: Error): void => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      this.#asked?.reject(error)
    }
    thread.on('message', (right: boolean) => this.#asked?.resolve(right))
    thread.on('error', gone)
    thread.on('exit', () => gone(new Error('the thread that checks passwords has ended')))
    thread.unref()
    return thread
  }
}
