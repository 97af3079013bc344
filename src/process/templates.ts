// The templates of one application (preload: true): one for each generation that has workers or may get some.

import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from './application-spec.ts'
import { Template } from './worker/template.ts'
import { templateLaunch } from './worker/worker-launch.ts'
import type { ProcessSource } from './worker/worker-process.ts'

export interface TemplatesOptions {
  readonly log: Log
  readonly clock: () => number
  readonly nextWorker: () => number
  /** One has ended. */
  readonly ended: () => void
}

/** What its workers are started with. */
export interface TemplateOf {
  readonly number: number
  readonly application: ApplicationSpec
  readonly place: WorkerPlace
}

export class Templates {
  readonly #options: TemplatesOptions
  /** By number of the generation; those that are being stopped are still in it. */
  readonly #templates = new Map<number, Template>()

  constructor(options: TemplatesOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#templates.size === 0
  }

  /** That of a generation, started when there is none. */
  of({ number, application, place }: TemplateOf): ProcessSource {
    const known = this.#templates.get(number)
    if (known !== undefined) return known
    const { log, clock, nextWorker, ended } = this.#options
    const template = new Template({
      launch: templateLaunch(application, place, nextWorker()),
      log,
      clock,
      ended: () => {
        if (this.#templates.get(number) === template) this.#templates.delete(number)
        ended()
      },
    })
    this.#templates.set(number, template)
    return template
  }

  /** Ends those that have no workers and will get none. */
  prune(mayFork: (generation: number) => boolean): void {
    for (const [number, template] of this.#templates)
      if (!template.isUsed && !mayFork(number)) template.stop()
  }
}
