// The start of a request's script, or its refusal.

import { closeSync } from 'node:fs'
import { refusalRecords } from './answer-records.ts'
import type { Hosting } from './hosting.ts'
import type { ScriptPipes } from './pipe-stock.ts'
import { requestStart } from './request-start.ts'
import { type Peer, Run } from './run.ts'
import { startScript } from './script-process.ts'
import type { ScriptStart } from './start-text.ts'
import { cannotExecute, NoRoom, notStarted, Unrunnable } from './unrunnable.ts'

export interface Request {
  readonly hosting: Hosting
  readonly peer: Peer
  readonly id: number
  /** With those that every script has; ByteStrings. */
  readonly variables: ReadonlyMap<string, string>
  /** What of the input is here. */
  readonly given: Buffer
  readonly inputEnded: boolean
}

/** Undefined when it is refused, which the peer has been told then. */
export function begin(request: Request, pipes: ScriptPipes): Run | undefined {
  const { hosting, peer, id, variables, given, inputEnded } = request
  const start = startOf(request)
  if (start instanceof Error) {
    hosting.pipes.giveBack(pipes)
    peer.ended(refusalRecords(id, start))
    return undefined
  }
  const name = variables.get('REQUEST_ID') ?? ''
  const run = new Run(hosting, peer, id, name, start.program, pipes)
  run.giveInput(given, inputEnded)
  const process = startScript(start, pipes, {
    failed: (error) => {
      closeSync(pipes.output.ours)
      closeSync(pipes.errors.ours)
      run.refuse(notStarted(start.program, error))
    },
    exited: (code) => run.exited(code),
  })
  if (process !== undefined) run.started(process, pipes)
  return run
}

function startOf({ hosting, variables }: Request): ScriptStart | Unrunnable | NoRoom {
  try {
    return requestStart(hosting.settings, hosting.limits, variables)
  } catch (error) {
    if (error instanceof Unrunnable || error instanceof NoRoom) return error
    return new Unrunnable(cannotExecute, `Cannot start a script: ${String(error)}`)
  }
}
