// One handler that may answer a request, with the split of the path into script name and path info (RFC 3875 4.1.13, 4.1.5).
// The split is made here, once a mount; nobody below makes it again.

import type { Handler, Match } from '../handler/handler.ts'
import type { Mount, Step } from './mount.ts'

export class Candidate<M extends Mount = Mount> {
  readonly match: Match
  readonly #step: Step<M>
  readonly #path: string

  constructor(step: Step<M>, path: string, match = split(step, path)) {
    this.#step = step
    this.#path = path
    this.match = match
  }

  /** The facts of the mount, as they were given to the router. */
  get mount(): M {
    return this.#step.mount
  }

  get handler(): Handler {
    return this.#step.handler
  }

  /** Who is asked when this one passes: the rest of the list, then the next shorter mount; undefined when nobody is left. */
  next(): Candidate<M> | undefined {
    const next = this.#step.next
    if (next === undefined) return undefined
    const sameMount = next.mount === this.#step.mount
    return new Candidate(next, this.#path, sameMount ? this.match : undefined)
  }

  /**
   * The methods that this candidate and those after it answer, for the Allow field (RFC 9110 section 10.2.1) once all
   * have passed; undefined when one of them takes every method, so that the request is not found instead of not allowed.
   */
  allowedMethods(): readonly string[] | undefined {
    const methods = new Set<string>()
    for (let step: Step<M> | undefined = this.#step; step !== undefined; step = step.next) {
      const hinted: Handler & { readonly methods?: readonly string[] } = step.handler
      if (hinted.methods === undefined) return undefined
      for (const method of hinted.methods) methods.add(method)
    }
    return [...methods]
  }
}

function split<M extends Mount>(step: Step<M>, path: string): Match {
  const { scriptName } = step
  const pathInfo = scriptName === '' ? path : path.slice(scriptName.length)
  return { mount: step.mount.prefix, scriptName, pathInfo }
}
