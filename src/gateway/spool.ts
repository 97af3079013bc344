// The spool of one HTTP process: counts what all waiting bodies and outputs together hold.

import { join } from 'node:path'
import type { PorticoError } from '../failure.ts'
import type { Input } from '../http/exchange.ts'
import type { BodyLimit, SpoolOwner } from './input.ts'
import type { SpoolRoom, SpoolSettings } from './spool-room.ts'
import { SpoolWriter } from './spool-writer.ts'

/** Share of the total that outputs may fill: clients that read slowly must not keep out those that send. */
const outputShare = 0.75

export class Spool implements SpoolRoom {
  readonly settings: SpoolSettings
  readonly #trouble: (failure: PorticoError) => void
  readonly #crowding: (usedBytes: number) => void
  #used = 0
  #count = 0

  /**
   * @param trouble hears of outputs that could not be written to a file
   * @param crowding hears, again and again, that outputs fill their share, so that applications wait for their clients
   */
  constructor(
    settings: SpoolSettings,
    trouble: (failure: PorticoError) => void,
    crowding: (usedBytes: number) => void = () => {},
  ) {
    this.settings = settings
    this.#trouble = trouble
    this.#crowding = crowding
  }

  /** Octets held now. */
  get usedBytes(): number {
    return this.#used
  }

  /** Starts to take the input in. @param limit beyond it the owner hears E_INPUT_TOO_LARGE */
  take(input: Input, limit: BodyLimit, owner: SpoolOwner): SpoolWriter {
    const writer = new SpoolWriter(this, input, limit, owner)
    input.read(writer)
    return writer
  }

  reserve(bytes: number): boolean {
    const { totalBytes } = this.settings
    if (totalBytes > 0 && this.#used + bytes > totalBytes) return false
    this.#used += bytes
    return true
  }

  get crowded(): boolean {
    const { totalBytes } = this.settings
    if (totalBytes <= 0 || this.#used <= totalBytes * outputShare) return false
    this.#crowding(this.#used)
    return true
  }

  keep(bytes: number): void {
    this.#used += bytes
  }

  free(bytes: number): void {
    this.#used -= bytes
  }

  nextPath(): string {
    this.#count++
    return join(this.settings.directory, `portico-${process.pid}-${this.#count}.spool`)
  }

  troubled(failure: PorticoError): void {
    this.#trouble(failure)
  }
}
