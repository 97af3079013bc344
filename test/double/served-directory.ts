// A temporary directory with a root that is served and things outside it that must never be; removed by the test.
// Names may be Buffers: not every file name is text.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What stands in every file outside the root. */
export const secret = 'TOPSECRET'

export class ServedDirectory {
  /** Holds the root and what lies beside it. */
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'portico-files-')))
  readonly root = join(this.top, 'root')

  constructor() {
    mkdirSync(this.root)
    writeFileSync(join(this.top, 'secret.txt'), secret)
  }

  /** Writes a file below the root, with the directories above it, and returns its path. */
  write(name: string, content: string | Buffer): string {
    const path = join(this.root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** How many descriptors of this process point at something in the directory. */
  openDescriptors(): number {
    return readdirSync('/proc/self/fd').filter((fd) => this.#isTarget(fd)).length
  }

  /** Waits until no descriptor is open any more; they are closed by other threads. */
  async allClosed(): Promise<void> {
    const deadline = performance.now() + 5_000
    while (this.openDescriptors() > 0) {
      if (performance.now() > deadline)
        throw new Error(`${this.openDescriptors()} descriptors were not closed`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true })
  }

  #isTarget(fd: string): boolean {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(this.top)
    } catch {
      return false
    }
  }
}
