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
  /** With the number of their generation; those that are being stopped are still in it. */
  readonly #templates = new Map<Template, number>()

  /** @param ended one has ended */
  constructor(options: TemplatesOptions, ended: () => void) {
    this.#options = options
    this.#ended = ended
  }

  get isEmpty(): boolean {
    return this.#templates.size === 0
  }

  /** That of a generation, started when there is none that may fork; undefined when its workers are not forked. */
  of({ number, application, place }: Generation): ProcessSource | undefined {
    const { log, clock, nextWorker, reload } = this.#options
    if (!application.preload || reload === true) return undefined
    for (const [known, generation] of this.#templates)
      if (generation === number && known.mayFork) return known
    const template = new Template({
      launch: templateLaunch(application, place, nextWorker()),
      log,
      clock,
      ended: () => {
        this.#templates.delete(template)
        this.#ended()
      },
    })
    this.#templates.set(template, number)
    return template
  }

  /** Ends those that have no workers and will get none; without a course none will. */
  prune(course?: Course): void {
    for (const [template, generation] of this.#templates)
      if (!template.isUsed && !(template.mayFork && course?.mayStart(generation) === true)) template.stop()
  }
}
