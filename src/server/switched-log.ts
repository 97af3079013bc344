// The error log of the supervisor, which a reload may turn to another place.

import type { Effective } from '../config/effective.ts'
import type { ErrorLog } from '../log/error-log.ts'
import type { Log } from '../log/log.ts'
import type { RecentLines } from '../log/recent-lines.ts'
import { openErrorLog, usualStandard } from './open-logs.ts'

export class SwitchedLog implements ErrorLog {
  #settings: string
  #log: ErrorLog
  readonly #recent: RecentLines

  /**
   * Throws when the error log cannot be opened.
   * @param recent also keeps what is written
   */
  constructor(effective: Effective, recent: RecentLines) {
    this.#recent = recent
    this.#log = openErrorLog(effective, usualStandard, recent)
    this.#settings = settingsOf(effective)
  }

  /** Writes where this configuration says; throws, and goes on as before, when that cannot be opened. */
  turnTo(effective: Effective): void {
    if (settingsOf(effective) === this.#settings) return
    const next = openErrorLog(effective, usualStandard, this.#recent)
    void this.#log.close()
    this.#log = next
    this.#settings = settingsOf(effective)
  }

  debug(...event: Parameters<Log['debug']>): void {
    this.#log.debug(...event)
  }

  info(...event: Parameters<Log['info']>): void {
    this.#log.info(...event)
  }

  warn(...event: Parameters<Log['warn']>): void {
    this.#log.warn(...event)
  }

  error(...event: Parameters<Log['error']>): void {
    this.#log.error(...event)
  }

  reopen(): void {
    this.#log.reopen()
  }

  flushSync(): void {
    this.#log.flushSync()
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}

function settingsOf({ log }: Effective): string {
  return JSON.stringify([log.error, log.level])
}
