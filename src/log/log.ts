// The contract of the error log: named events with facts, and text that may run over several lines.
// Who writes where is sink.ts; how a line looks is text.ts; names are declared in events.ts.

import type { Facts } from '../failure.ts'
import type { EventName } from './events.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface Log {
  debug(event: EventName, facts?: Facts, text?: string): void
  info(event: EventName, facts?: Facts, text?: string): void
  warn(event: EventName, facts?: Facts, text?: string): void
  /** `text` is a traceback, an application's words or an explanation; control characters are escaped when written. */
  error(event: EventName, facts?: Facts, text?: string): void
}
