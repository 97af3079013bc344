// The templates of one application (preload: true): one for each generation that has workers or may get some.

import type { Log } from '../log/log.ts'
import type { Course } from './course.ts'
import type { Generation } from './renewal.ts'
import { Template } from './worker/template.ts'
import { templateLaunch } from './worker/worker-launch.ts'
import type { ProcessSource } from './worker/worker-process.ts'

interface TemplatesOptions {
  readonly log: Log
  readonly clock: () => number
  readonly nextWorker: () => number
  /** Development: every worker is started anew, since what is loaded is told by who loads it. */
  readonly reload?: boolean
}

export class Templates {
  readonly #options: TemplatesOptions
  readonly #ended: () => void
  /** By number of the generation; those that are being stopped are still in it. */
  readonly #templates = new Map<number, Template>()

  /** @param ended one has ended */
  constructor(options: TemplatesOptions, ended: () => void) {
    this.#options = options
    this.#ended = ended
  }

  get isEmpty(): boolean {
    return this.#templates.size === 0
  }

  /** That of a generation, started when there is none; undefined when its workers are not forked. */
  of({ number, application, place }: Generation): ProcessSource | undefined {
    const { log, clock, nextWorker, reload } = this.#options
    if (!application.preload || reload === true) return undefined
    const known = this.#templates.get(number)
    if (known !== undefined) return known
    const template = new Template({
      launch: templateLaunch(application, place, nextWorker()),
      log,
      clock,
      ended: () => {
        if (this.#templates.get(number) === template) this.#templates.delete(number)
        this.#ended()
      },
    })
    this.#templates.set(number, template)
    return template
  }

  /** Ends those that have no workers and will get none; without a course none will. */
  prune(course?: Course): void {
    for (const [number, template] of this.#templates)
      if (!template.isUsed && course?.mayStart(number) !== true) template.stop()
  }
}
