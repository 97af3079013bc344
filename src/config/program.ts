// An application that is a program of any language: started and kept here, called over FastCGI or SCGI.

import type { ProgramSpec } from '../process/application-spec.ts'
import { type ApplicationContext, checkSocketPath } from './application.ts'
import { resolveCommand } from './command.ts'
import { defaultApplicationLimits, defaultProgramConnections, defaultProgramProcesses } from './defaults.ts'
import type { Application } from './effective.ts'
import { type Place, within } from './findings.ts'
import type { WrittenProgram } from './gateway-schema.ts'
import { resolveProcesses } from './processes.ts'

export function resolveProgram(
  wire: ProgramSpec['wire'],
  written: WrittenProgram,
  name: string,
  place: Place,
  context: ApplicationContext,
): Application {
  const { findings } = context
  checkSocketPath(name, place, context)
  findings.startedBy(name, within(place, 'command'))
  const { command, ...where } = resolveCommand('application', written, place, context)
  const { min, max } = resolveProcesses(
    written.processes,
    defaultProgramProcesses,
    undefined,
    place,
    findings,
  )
  return {
    name,
    ...where,
    wsgi: '',
    python: '',
    mode: 'daemon',
    libpython: null,
    processes: max,
    processes_min: min,
    threads: findings.pick(written.connections, defaultProgramConnections, within(place, 'connections')),
    preload: false,
    health: null,
    stream_input: false,
    launcher: null,
    program: { command, wire },
    limits: findings.settle(defaultApplicationLimits, written.limits, within(place, 'limits')),
  }
}
