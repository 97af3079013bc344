// One service: its program, directory, user and environment, with defaults and checks on disk.

import { type CommandContext, resolveCommand } from './command.ts'
import { defaultService } from './defaults.ts'
import type { Service } from './effective.ts'
import type { Place } from './findings.ts'
import type { WrittenService } from './service-schema.ts'

export function resolveService(
  name: string,
  written: WrittenService,
  place: Place,
  context: CommandContext,
): Service {
  const command = resolveCommand('service', written, place, context)
  return { name, ...command, ...context.findings.settle(defaultService, written, place) }
}
