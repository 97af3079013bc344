// A log that keeps its events for the test to look at.

import type { Facts } from '../../src/failure.ts'
import type { EventName } from '../../src/log/events.ts'
import type { Level, Log } from '../../src/log/log.ts'

export interface LoggedEvent {
  readonly level: Level
  readonly event: EventName
  readonly facts: Facts
  readonly text: string
}

export class MemoryLog implements Log {
  readonly events: LoggedEvent[] = []

  debug(event: EventName, facts: Facts = {}, text = ''): void {
    this.events.push({ level: 'debug', event, facts, text })
  }

  info(event: EventName, facts: Facts = {}, text = ''): void {
    this.events.push({ level: 'info', event, facts, text })
  }

  warn(event: EventName, facts: Facts = {}, text = ''): void {
    this.events.push({ level: 'warn', event, facts, text })
  }

  error(event: EventName, facts: Facts = {}, text = ''): void {
    this.events.push({ level: 'error', event, facts, text })
  }
}
