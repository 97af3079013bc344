// --reload for one application (development): what it was made of is watched, a change asks for a new generation,
// and requests wait for the new code rather than be answered by code that is no longer in the editor.

import { relative } from 'node:path'
import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'
import type { CodeFailure, CodeState } from '../messages.ts'
import type { LoadedFile, StartFailure } from '../worker/control-line.ts'
import { SourceWatch } from './source-watch.ts'

/** How long a request waits for new code while old code could answer it, milliseconds. */
export const holdMs = 10_000
/** Files named in one message. */
const mostNamed = 3

export interface ReloadingOptions {
  readonly application: string
  /** Of the application; paths are told relative to it. */
  readonly directory: string
  readonly environmentFile: string | null
  readonly log: Log
  readonly clock: () => number
}

export interface ReloadingSink {
  /** Start a new generation. `changed` holds absolute paths. */
  renew(changed: readonly string[]): void
  /** `code` is another now. */
  codeChanged(): void
  /** Some worker takes requests. */
  answers(): boolean
}

export class Reloading {
  readonly #options: ReloadingOptions
  readonly #sink: ReloadingSink
  readonly #watch: SourceWatch
  readonly #hold = new Deadline()
  #code: CodeState = { kind: 'awaited' }
  /** What the newest generation was started for: 'shop/views.py changed'; '' for the first one. */
  #cause = ''
  #changedMs = 0

  constructor(options: ReloadingOptions, sink: ReloadingSink) {
    this.#options = options
    this.#sink = sink
    const watchSink = {
      touched: () => this.#touched(),
      changed: (paths: readonly string[]) => this.#changed(paths),
    }
    this.#watch = new SourceWatch(watchSink, options.clock)
    if (options.environmentFile !== null) this.#watch.always(options.environmentFile)
  }

  get code(): CodeState {
    return this.#code
  }

  /** Files have changed and more may follow: what is on disk is not worth a start yet. */
  get changing(): boolean {
    return this.#watch.pending
  }

  /** A start failed: looks whether it was one on outdated code, about which there is nothing to say. */
  look(): void {
    this.#watch.look()
  }

  loaded({ path, stamp }: LoadedFile, newest: boolean): void {
    if (newest) this.#watch.loaded(path, stamp)
    else if (this.#code.kind !== 'answers') this.#watch.carry(path)
  }

  /** A worker of the newest generation is ready. */
  ready(): void {
    // Made of files that have changed since: requests go on waiting for the next generation.
    if (this.changing) return
    this.#watch.working()
    if (this.#code.kind === 'answers' && this.#cause === '') return
    this.#settle({ kind: 'answers' })
    if (this.#cause === '') return
    const { application, log, clock } = this.#options
    log.info(
      'application.renewed',
      { application, tookMs: Math.round(clock() - this.#changedMs) },
      `${this.#cause}; the new code answers`,
    )
    this.#cause = ''
  }

  /** The newest generation failed; returns what to say first in the log. */
  failed(failure: StartFailure): string {
    const oldAnswers = this.#sink.answers()
    this.#watch.failing(this.#options.directory)
    const after = oldAnswers ? ', the old code keeps answering' : ''
    const headline = this.#cause === '' ? '' : `${this.#cause}; the new code fails${after}`
    const { message, hint, traceback } = failure
    const story = { headline: headline || 'The application does not start', message, hint, traceback }
    this.#settle({ kind: 'failed', story, oldAnswers })
    return headline
  }

  /** Workers that had been ready end again and again: until one is ready, requests are told so. */
  crashed(story: CodeFailure): void {
    if (this.#code.kind !== 'awaited') this.#settle({ kind: 'failed', story, oldAnswers: false })
  }

  stop(): void {
    this.#watch.stop()
    this.#hold.clear()
  }

  #touched(): void {
    this.#changedMs = this.#options.clock()
    this.#code = { kind: 'awaited' }
    this.#hold.arm(holdMs, () => {
      // Without old code there is nobody else to answer: its start has a limit of its own.
      if (this.#sink.answers()) this.#settle({ kind: 'answers' })
    })
    this.#sink.codeChanged()
  }

  #changed(paths: readonly string[]): void {
    const { application, log } = this.#options
    this.#cause = `${this.#name(paths)} changed`
    this.#watch.nextGeneration()
    log.info('application.changed', { application, files: paths.length }, this.#cause)
    this.#sink.renew(paths)
  }

  #settle(code: CodeState): void {
    this.#hold.clear()
    this.#code = code
    this.#sink.codeChanged()
  }

  #name(paths: readonly string[]): string {
    const names = paths.slice(0, mostNamed).map((path) => {
      const inside = relative(this.#options.directory, path)
      return inside === '' || inside.startsWith('..') ? path : inside
    })
    const more = paths.length - names.length
    return more > 0 ? `${names.join(', ')} and ${more} more files` : names.join(', ')
  }
}
