// The users of one htpasswd file. The file is looked at again when a request comes and half a second has passed; when it
// cannot be read, nobody is admitted. Passwords that were right are remembered, as keyed hashes, until the file changes.

import { createHmac, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { monotonicMs } from '../../clock.ts'
import type { Credentials } from '../../http/basic.ts'
import type { Log } from '../../log/log.ts'
import { maxHtpasswdBytes, parseHtpasswd } from '../../schema/htpasswd.ts'
import type { PasswordQueue } from './password-queue.ts'

export type PasswordOutcome = 'right' | 'wrong' | 'busy' | 'failed'

/** Who asks: a request. */
export interface Asking {
  readonly address: string
  /** Called once, now or later. */
  done(outcome: PasswordOutcome): void
  wanted(): boolean
}

const lookEveryMs = 500
const maxRemembered = 2000
const tellEveryMs = 10_000

export class UsersFile {
  readonly #path: string
  readonly #queue: PasswordQueue
  readonly #log: Log
  readonly #secret = randomBytes(32)
  /** Undefined when the file cannot be read. */
  #users: ReadonlyMap<string, string> | undefined
  /** What the file was like when it was read. */
  #stamp = ''
  #lookedMs = Number.NEGATIVE_INFINITY
  #toldMs = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  /** Keys of passwords that were right; the one that was used last is the last. */
  readonly #right = new Set<string>()
  /** Who waits for a password that is being checked, by its key. */
  readonly #asking = new Map<string, Asking[]>()

  constructor(path: string, queue: PasswordQueue, log: Log) {
    this.#path = path
    this.#queue = queue
    this.#log = log
  }

  check(credentials: Credentials, asking: Asking): void {
    const nowMs = monotonicMs()
    if (nowMs - this.#lookedMs < lookEveryMs) {
      this.#ask(credentials, asking)
      return
    }
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
      this.#lookedMs = monotonicMs()
    })
    void this.#looking.then(() => this.#ask(credentials, asking))
  }

  #ask({ user, password }: Credentials, asking: Asking): void {
    const users = this.#users
    if (users === undefined) {
      asking.done('failed')
      return
    }
    const known = users.get(user)
    // Who is unknown costs as much as somebody who is known.
    const hash = known ?? this.#somebody(user, users)
    if (hash === undefined) {
      asking.done('wrong')
      return
    }
    const key = this.#key(`${user}\0${hash}\0${password}`).toString('latin1')
    if (this.#right.delete(key)) {
      this.#right.add(key)
      asking.done('right')
      return
    }
    const others = this.#asking.get(key)
    if (others !== undefined) {
      others.push(asking)
      return
    }
    const all = [asking]
    this.#asking.set(key, all)
    const queued = this.#queue.add(asking.address, {
      password,
      hash,
      wanted: () => all.some((one) => one.wanted()),
      done: (right) => {
        this.#asking.delete(key)
        const isRight = right === true && known !== undefined
        // Not when the file has changed in the meantime.
        if (isRight && this.#users === users) this.#remember(key)
        const outcome = right === undefined ? 'failed' : isRight ? 'right' : 'wrong'
        for (const one of all) one.done(outcome)
      },
    })
    if (queued) return
    this.#asking.delete(key)
    asking.done('busy')
  }

  #key(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest()
  }

  /** The same one for the same name, so that time tells nothing. */
  #somebody(user: string, users: ReadonlyMap<string, string>): string | undefined {
    const hashes = [...users.values()]
    return hashes.length === 0 ? undefined : hashes[this.#key(user).readUInt32LE(0) % hashes.length]
  }

  #remember(key: string): void {
    for (const oldest of this.#right) {
      if (this.#right.size < maxRemembered) break
      this.#right.delete(oldest)
    }
    this.#right.add(key)
  }

  async #look(): Promise<void> {
    let file: FileHandle | undefined
    try {
      // Without waiting for whoever writes into what is no file.
      file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
      const { size, mtimeMs, ctimeMs, ino, dev } = await readable(file)
      const stamp = [size, mtimeMs, ctimeMs, ino, dev].join(' ')
      if (this.#users !== undefined && stamp === this.#stamp) return
      this.#take(await file.readFile('utf8'))
      this.#stamp = stamp
    } catch (error) {
      this.#forget(error)
    } finally {
      await file?.close().catch(() => {})
    }
  }

  #take(text: string): void {
    const { users, problems } = parseHtpasswd(text)
    this.#users = users
    this.#right.clear()
    for (const { line, message, hint } of problems)
      this.#log.warn('access.line_refused', { file: `${this.#path}:${line}` }, `${message}. ${hint}`)
  }

  #forget(error: unknown): void {
    this.#users = undefined
    this.#right.clear()
    const nowMs = monotonicMs()
    if (nowMs - this.#toldMs < tellEveryMs) return
    this.#toldMs = nowMs
    const why = error instanceof Error ? error.message : String(error)
    this.#log.error('access.users_unreadable', { file: this.#path }, `${why}. ${unreadableHint}`)
  }
}

async function readable(file: FileHandle): ReturnType<FileHandle['stat']> {
  const found = await file.stat()
  if (!found.isFile()) throw new Error('it is no regular file')
  if (found.size > maxHtpasswdBytes) throw new Error(`it has more than ${maxHtpasswdBytes} octets`)
  return found
}

const unreadableHint =
  'Everybody gets 503 until the user of the HTTP process (user:) may read it; it is looked at again with each request'
