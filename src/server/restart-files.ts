// tmp/restart.txt of an application: touched, it asks for a reload of that application, as Passenger has taught people.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Deadline } from '../process/deadline.ts'

const lookMs = 1000

export class RestartFiles {
  readonly #touched: (application: string) => void
  readonly #next = new Deadline()
  /** When each was last changed, by application and path; undefined while there is no such file. */
  #known = new Map<string, bigint | undefined>()
  #watched: readonly { readonly application: string; readonly path: string }[] = []
  #stopped = false

  constructor(touched: (application: string) => void) {
    this.#touched = touched
  }

  /** What is there when an application is first watched counts as known. */
  async watch(applications: readonly { readonly name: string; readonly directory: string }[]): Promise<void> {
    this.#watched = applications.map(({ name, directory }) => ({
      application: name,
      path: join(directory, 'tmp', 'restart.txt'),
    }))
    const watched = this.#watched
    // What comes back later starts with the code that is there then, whatever was touched meanwhile.
    const keys = new Set(watched.map(({ application, path }) => keyOf(application, path)))
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key)
    const now = await this.#look()
    // Others are watched by now, and have a look of their own.
    if (watched !== this.#watched) return
    this.#known = new Map([...now, ...this.#known])
    this.#later()
  }

  stop(): void {
    this.#stopped = true
    this.#next.clear()
  }

  #later(): void {
    if (!this.#stopped) this.#next.arm(lookMs, () => void this.#compare())
  }

  async #compare(): Promise<void> {
    const watched = this.#watched
    const now = await this.#look()
    // Others are watched by now, and have a look of their own.
    if (watched !== this.#watched || this.#stopped) return
    for (const { application, path } of watched) {
      const key = keyOf(application, path)
      const changedAt = now.get(key)
      const isTouched = changedAt !== undefined && changedAt !== this.#known.get(key)
      this.#known.set(key, changedAt)
      if (isTouched) this.#touched(application)
    }
    this.#later()
  }

  async #look(): Promise<Map<string, bigint | undefined>> {
    const looks = this.#watched.map(async ({ application, path }) => {
      const found = await stat(path, { bigint: true }).catch(() => undefined)
      return [keyOf(application, path), found?.mtimeNs] as const
    })
    return new Map(await Promise.all(looks))
  }
}

function keyOf(application: string, path: string): string {
  return `${application} ${path}`
}
