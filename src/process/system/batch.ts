// Programs that do not take the processor from who wakes them (SCHED_BATCH, docs/decisions/005): chrt of util-linux starts
// them so, since Node cannot, where that is there and allowed.

import { spawnSync } from 'node:child_process'
import { isExecutable } from '../service/program.ts'
import { firstLine, interpreterOf } from './first-line.ts'

const chrt = '/usr/bin/chrt'
const asBatch = ['--batch', '0']
let isPossible: boolean | undefined

/** The words of a command that starts `program` like that; as they are where it cannot be had, or nothing could be started. */
export function batchCommand(program: string, args: readonly string[]): readonly [string, ...string[]] {
  // What cannot be executed is said by the system in other words than by chrt.
  if (!isExecutable(program) || !hasInterpreter(program) || !mayBatch()) return [program, ...args]
  return [chrt, ...asBatch, program, ...args]
}

function mayBatch(): boolean {
  isPossible ??=
    isExecutable(chrt) && spawnSync(chrt, [...asBatch, '/bin/true'], { stdio: 'ignore' }).status === 0
  return isPossible
}

/** False when its first line names one that is not there; what may not be read is left to the system. */
function hasInterpreter(program: string): boolean {
  const named = interpreterOf(firstLine(program))
  return named === undefined || isExecutable(named)
}
