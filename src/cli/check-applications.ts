// What `portico check` finds beyond the configuration's text: interpreters that cannot run a worker, and with --load
// applications that cannot be loaded.

import { monotonicMs } from '../clock.ts'
import type { Application } from '../config/effective.ts'
import type { Loaded } from '../config/load.ts'
import type { Log } from '../log/log.ts'
import { watchSignals } from '../process/system/signals.ts'
import type { Problem } from '../schema/problem.ts'
import { Trial } from '../server/trial.ts'
import type { Output } from './print.ts'

export interface ApplicationsChecked {
  readonly problems: readonly ApplicationProblem[]
  /** With --load, those that can be loaded, and how long it took. */
  readonly loaded: readonly { readonly application: string; readonly tookMs: number }[]
  /** A signal ended it before all were loaded. */
  readonly interrupted: boolean
}

export interface ApplicationProblem extends Problem {
  /** 'load' when the configuration is valid, but the application is not. */
  readonly stage: 'interpreter' | 'load'
  readonly traceback: string
}

type Ok = Extract<Loaded, { kind: 'ok' }>

/** Asks each interpreter what it is; with `load`, imports each application, one after the other. */
export async function checkApplications(
  { effective, whereabouts }: Ok,
  load: boolean,
  output: Output,
): Promise<ApplicationsChecked> {
  const problems: ApplicationProblem[] = []
  const loaded: { application: string; tookMs: number }[] = []
  const trials = effective.applications.map((application) => ({
    application,
    trial: new Trial(effective, application),
  }))
  const faults = await Promise.all(trials.map(({ trial }) => trial.interpreterFault()))
  const add = (
    stage: ApplicationProblem['stage'],
    { name }: Application,
    found: Pick<ApplicationProblem, 'message' | 'hint' | 'traceback' | 'severity'>,
  ) => {
    problems.push({ ...whereabouts(name, stage === 'load' ? 'wsgi' : 'python'), ...found, stage })
  }
  for (const [index, { application, trial }] of trials.entries()) {
    const fault = faults[index]
    if (fault !== undefined) {
      const severity = fault.runs === true ? 'warning' : 'error'
      add('interpreter', application, { severity, message: fault.why, hint: fault.hint, traceback: '' })
    }
    if (!load || (fault !== undefined && fault.runs !== true)) continue
    const result = await loadOne(trial, application.program === null ? outputLog(output) : silentLog)
    if (result.kind === 'stopped') return { problems, loaded, interrupted: true }
    if (result.kind === 'failed') {
      const { message, hint, traceback } = result.failure
      add('load', application, { severity: 'error', message, hint, traceback })
    }
    if (result.kind === 'ready')
      loaded.push({ application: application.name, tookMs: Math.round(result.tookMs) })
  }
  return { problems, loaded, interrupted: false }
}

async function loadOne(trial: Trial, log: Log) {
  const stop = () => trial.stop()
  const unwatch = watchSignals({ finish: stop, abort: stop, reload: stop, reopen: () => {} }, monotonicMs)
  try {
    return await trial.load(log)
  } finally {
    unwatch()
  }
}

const quiet = () => {}
/** Of a program: what it says when it fails is told with its failure. */
const silentLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** What the application prints while it is imported goes to stderr as it is; the rest of the worker's life is no news. */
function outputLog(output: Output): Log {
  const show: Log['warn'] = (event, _facts, text = '') => {
    if (event === 'application.output') output.note(text)
  }
  return { debug: quiet, info: show, warn: show, error: show }
}
