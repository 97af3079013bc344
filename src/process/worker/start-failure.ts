// Words for workers that never became ready and could not say why themselves (those that can send a control
// line `failed`). Pure. Form: what we were doing, where, what happened; then what to do.

import { describeExit, type Exit } from '../messages.ts'
import type { InterpreterFault } from '../python/interpreter-fault.ts'
import type { StartFailure, ThreadStack } from './control-line.ts'

interface Facts {
  readonly application: string
  readonly worker: number
  readonly pid: number
}

const slowStartHint = 'Look at what the application does while it is imported, or raise limits.startup_time'

/** @param program what was to run, as a sentence calls it */
export function notSpawned(
  facts: Facts,
  program: string,
  error: unknown,
  fault?: InterpreterFault,
): StartFailure {
  const code = errorCode(error)
  if (fault !== undefined) return badInterpreter(facts, fault, '')
  return {
    reason: 'spawn',
    message: `${start(facts)}: ${program} ${spawnProblem(code, error)}`,
    hint: spawnHint(code),
    traceback: '',
  }
}

/** Its socket has no directory to be in. */
export function noPlace(facts: Pick<Facts, 'application'>, error: unknown): StartFailure {
  return {
    reason: 'runtime',
    message: `${start(facts)}: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Something has removed the runtime directory while the server runs, and it cannot be made again',
    traceback: '',
  }
}

export function notReadyInTime(
  facts: Facts,
  startupMs: number,
  threads: readonly ThreadStack[],
): StartFailure {
  return {
    reason: 'startup-time',
    message: `${start(facts)}: worker ${facts.worker} (pid ${facts.pid}) was not ready within ${startupMs / 1000} s`,
    hint: slowStartHint,
    traceback: threads.map((thread) => thread.stack).join('\n'),
  }
}

/** Of an embedded application, which has no worker to name. */
export function notImportedInTime(application: string, startupMs: number): StartFailure {
  return {
    reason: 'startup-time',
    message: `${start({ application })}: it was not imported within ${startupMs / 1000} s`,
    hint: slowStartHint,
    traceback: '',
  }
}

/** Of an embedded application that takes the HTTP process along, `times` in a row; `said` is the last stack of Python. */
export function crashesAtImport(application: string, exit: Exit, times: number, said: string): StartFailure {
  return {
    reason: 'exited',
    message: `${start({ application })}: the HTTP process ${describeExit(exit)} while it was imported, ${times} times in a row; the server goes on without it`,
    hint: 'Mend what crashes, or set mode: daemon, in which a crash costs its own worker only; then start the server again',
    traceback: said,
  }
}

export function brokeProtocol(facts: Facts, what: string): StartFailure {
  return {
    reason: 'control',
    message: `${start(facts)}: worker ${facts.worker} (pid ${facts.pid}) ${what}`,
    hint: 'Does the application close or write to descriptors that it did not open?',
    traceback: '',
  }
}

/** `tail` is the last of what it wrote to stderr; `fault` is what is wrong with its interpreter, if anything. */
export function exitedEarly(facts: Facts, exit: Exit, tail: string, fault?: InterpreterFault): StartFailure {
  if (fault !== undefined) return badInterpreter(facts, fault, tail)
  return {
    reason: 'exited',
    message: `${start(facts)}: worker ${facts.worker} (pid ${facts.pid}) ${describeExit(exit)} before it was ready`,
    hint: exit.signal === 'SIGKILL' ? 'Was memory short? See the kernel log' : '',
    traceback: tail,
  }
}

function badInterpreter(facts: Facts, fault: InterpreterFault, said: string): StartFailure {
  return { reason: 'spawn', message: `${start(facts)}: ${fault.why}`, hint: fault.hint, traceback: said }
}

/** All of it, over several lines, for the log. */
export function failureText(failure: StartFailure): string {
  return [failure.message, failure.hint, failure.traceback].filter((part) => part !== '').join('\n')
}

/** The stack of the thread that works on `request`; of all threads when none says so. */
export function stackText(threads: readonly ThreadStack[], request: string): string {
  const own = threads.filter((thread) => thread.request === request)
  return (own.length > 0 ? own : threads).map((thread) => thread.stack).join('\n')
}

function start(facts: Pick<Facts, 'application'>): string {
  return `Cannot start application "${facts.application}"`
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function spawnProblem(code: string, error: unknown): string {
  switch (code) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
      return 'may not be executed'
    case 'EAGAIN':
    case 'ENOMEM':
      return `could not be started because the machine has no room for another process (${code})`
    case 'EMFILE':
    case 'ENFILE':
      return `could not be started because no descriptor is free (${code})`
    default:
      return `could not be started: ${error instanceof Error ? error.message : String(error)}`
  }
}

function spawnHint(code: string): string {
  if (code === 'ENOENT' || code === 'EACCES')
    return 'Set python: to an interpreter or to a virtual environment'
  return ''
}
