// A page that the configuration names, as error pages and maintenance are. Kept in memory; when a second has passed and the
// page is asked for, the file is looked at again in the background, so that an answer never waits for the disk.

import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { lookup } from 'mrmime'
import { monotonicMs } from '../clock.ts'
import type { Log } from '../log/log.ts'

const lookEveryMs = 1000
/** A page is one file of up to so many octets. */
export const maxPageBytes = 1024 * 1024

// A pipe without a writer must not hold up whoever opens it.
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

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
      this.#body = readNow(path)
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
      this.#body = await readPage(this.#path)
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

function readNow(path: string): Buffer {
  const file = openSync(path, flags)
  try {
    mustBePage(fstatSync(file))
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

async function readPage(path: string): Promise<Buffer> {
  const file = await open(path, flags)
  try {
    mustBePage(await file.stat())
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function mustBePage(found: Stats): void {
  if (!found.isFile()) throw new Error('it is no regular file')
  if (found.size > maxPageBytes) throw new Error(`it has more than ${maxPageBytes} octets`)
}
