// A page that the configuration names, as error pages and maintenance are. Kept in memory; when a second has passed and the
// page is asked for, the file is looked at again in the background, so that an answer never waits for the disk.

import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { lookup } from 'mrmime'
import { monotonicMs } from '../clock.ts'
import type { Log } from '../log/log.ts'

const lookEveryMs = 1000
const maxBytes = 1024 * 1024

export class PageFile {
  /** Value of Content-Type. */
  readonly type: string
  readonly #path: string
  readonly #log: Log
  #body: Buffer | undefined
  #stamp = ''
  #lookedMs = monotonicMs()

  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
    const type = lookup(path) ?? 'text/html'
    this.type = type.startsWith('text/') ? `${type}; charset=utf-8` : type
    try {
      this.#body = bounded(readFileSync(path))
    } catch (error) {
      this.#report(error)
    }
  }

  /** Undefined when the file could not be read yet; what it was before stays when it is gone. */
  get body(): Buffer | undefined {
    const nowMs = monotonicMs()
    if (nowMs - this.#lookedMs >= lookEveryMs) {
      this.#lookedMs = nowMs
      void this.#look()
    }
    return this.#body
  }

  async #look(): Promise<void> {
    try {
      const { mtimeMs, ctimeMs, size } = await stat(this.#path)
      const stamp = `${mtimeMs} ${ctimeMs} ${size}`
      if (stamp === this.#stamp) return
      this.#body = bounded(await readFile(this.#path))
      this.#stamp = stamp
    } catch (error) {
      // Once, until it can be read again.
      if (this.#stamp !== unreadable) this.#report(error)
      this.#stamp = unreadable
    }
  }

  #report(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.#log.error('page.unreadable', { file: this.#path }, why)
  }
}

const unreadable = 'unreadable'

function bounded(body: Buffer): Buffer {
  if (body.length > maxBytes) throw new Error(`it has more than ${maxBytes} octets`)
  return body
}
