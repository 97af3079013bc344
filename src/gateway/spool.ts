// The spool of one HTTP process: counts what all waiting bodies together hold.

import { join } from 'node:path'
import type { Input } from '../http/exchange.ts'
import type { SpoolOwner, SpoolRoom, SpoolSettings } from './input.ts'
import { SpoolWriter } from './spool-writer.ts'

/** The spool of one HTTP process: counts what all bodies together hold. */
export class Spool implements SpoolRoom {
  readonly settings: SpoolSettings
  #used = 0
  #count = 0

  constructor(settings: SpoolSettings) {
    this.settings = settings
  }

  /** Octets held now. */
  get usedBytes(): number {
    return this.#used
  }

  /** Starts to take the input in. @param maxBytes body limit; beyond it the owner hears E_INPUT_TOO_LARGE */
  take(input: Input, maxBytes: number, owner: SpoolOwner): SpoolWriter {
    const writer = new SpoolWriter(this, input, maxBytes, owner)
    input.read(writer)
    return writer
  }

  reserve(bytes: number): boolean {
    if (this.settings.totalBytes > 0 && this.#used + bytes > this.settings.totalBytes) return false
    this.#used += bytes
    return true
  }

  free(bytes: number): void {
    this.#used -= bytes
  }

  nextPath(): string {
    this.#count++
    return join(this.settings.directory, `portico-${process.pid}-${this.#count}.body`)
  }
}
