// Trying an application without serving it, for `portico check`: its interpreter is asked what it is, and with
// `--load` one worker is started as `portico serve` starts it, and stopped as soon as it is ready.

import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monotonicMs } from '../clock.ts'
import type { Application, Effective } from '../config/effective.ts'
import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from '../process/application-spec.ts'
import type { Identity } from '../process/identity/identity.ts'
import { isBoundByUs } from '../process/program/program-launch.ts'
import { askInterpreter } from '../process/python/ask-interpreter.ts'
import type { InterpreterFault } from '../process/python/interpreter-fault.ts'
import { startWorker } from '../process/start-worker.ts'
import { Keeper } from '../process/system/keeper.ts'
import type { StartFailure } from '../process/worker/control-line.ts'
import { PythonWorker } from '../process/worker/python-worker.ts'
import type { Worker, WorkerSink } from '../process/worker/worker-contract.ts'
import { workerEnvironment } from '../process/worker/worker-environment.ts'
import { isOfNode, templateLaunch } from '../process/worker/worker-launch.ts'
import { accountFor, asWhom, httpAccount } from './accounts.ts'
import { launcherFilesProblem, workerFilesProblem } from './own-files.ts'
import { launcherPath, packagePath } from './package-path.ts'
import { serverSoftware } from './version.ts'

export type TrialResult =
  | { readonly kind: 'ready'; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** By stop(). */
  | { readonly kind: 'stopped' }

/** What a loaded application gets to end by itself before it is killed, milliseconds. */
const endMs = 2000

export class Trial {
  readonly #spec: ApplicationSpec
  readonly #account: { readonly uid: number; readonly identity: Identity | null }
  readonly #refusal: { readonly message: string; readonly hint: string } | undefined

  #worker: Worker | undefined

  constructor(effective: Effective, application: Application) {
    this.#spec = asWhom(application, effective)
    const http = httpAccount(effective)
    const account = http.kind === 'ok' ? accountFor(application, http) : http
    this.#account = account.kind === 'ok' ? account : { uid: process.getuid?.() ?? 0, identity: null }
    if (account.kind === 'bad') this.#refusal = account
    else if (isOfNode(application)) this.#refusal = launcherFilesProblem(account.identity)
    else this.#refusal = application.program === null ? workerFilesProblem(account.identity) : undefined
  }

  /** Undefined when the interpreter is one that can run a worker, or none is needed. */
  interpreterFault(): Promise<InterpreterFault | undefined> {
    // Whoever it should be asked as is not there: then it is not asked at all.
    if (this.#refusal !== undefined) {
      return Promise.resolve({ why: this.#refusal.message, hint: this.#refusal.hint })
    }
    if (this.#spec.program !== null || isOfNode(this.#spec)) return Promise.resolve(undefined)
    const environment = workerEnvironment(this.#spec, this.#place(''))
    return askInterpreter(this.#spec.python, environment, this.#account.identity)
  }

  /** Imports the application in a process of its own, within startup_time; what it writes goes to the log. */
  async load(log: Log): Promise<TrialResult> {
    if (this.#refusal !== undefined) {
      return { kind: 'failed', failure: { reason: 'user', ...this.#refusal, traceback: '' } }
    }
    const directory = mkdtempSync(join(tmpdir(), 'portico-check-'))
    try {
      if (process.getuid?.() === 0 && !isBoundByUs(this.#spec)) chownSync(directory, this.#account.uid, -1)
      return await this.#run(directory, log)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

  /** Ends a load() at once. */
  stop(): void {
    this.#worker?.stop(0)
  }

  async #run(directory: string, log: Log): Promise<TrialResult> {
    const keeper = this.#spec.program === null ? undefined : new Keeper(log, monotonicMs)
    try {
      return await new Promise((resolve) => {
        let readyMs: number | undefined
        const worker = this.#start(this.#place(directory), log, keeper, {
          ready: (tookMs) => {
            readyMs = tookMs
            worker.stop(endMs)
          },
          loaded: () => {},
          deadlocked: () => {},
          exited: (_, end) => {
            if (readyMs !== undefined) resolve({ kind: 'ready', tookMs: readyMs })
            else
              resolve(end.kind === 'failed' ? { kind: 'failed', failure: end.failure } : { kind: 'stopped' })
          },
        })
        this.#worker = worker
      })
    } finally {
      keeper?.close()
    }
  }

  #start(place: WorkerPlace, log: Log, keeper: Keeper | undefined, sink: WorkerSink): Worker {
    const application = this.#spec
    // As the process is started that imports it: what that refuses is refused here.
    if (application.preload && application.launcher === null)
      return new PythonWorker(templateLaunch(application, place, 1), sink, log, monotonicMs)
    return startWorker({ application, place, number: 1, sink, log, clock: monotonicMs, keeper })
  }

  #place(socketDirectory: string): WorkerPlace {
    return {
      packagePath,
      launcherPath,
      socketDirectory,
      socketMode: 0o600,
      serverSoftware: serverSoftware(),
      inherited: process.env,
      identity: this.#account.identity,
    }
  }
}
