// The mounts of one site: the longest prefix at a segment boundary wins (/app never matches /apple), then its list in order,
// then the next shorter mount. Which mounts follow which is known beforehand, so a request walks a chain made once.

import { byteString } from '../byte-string.ts'
import type { Handler } from '../handler/handler.ts'
import { type NormalPath, normalizePath } from '../http/path.ts'
import type { Rewrite } from './rewrite.ts'

/** What the configuration says of a mount; a caller may have more facts in it and finds them in the candidate. */
export interface Mount {
  /** As configured: '/' or '/a/b'; may be written in UTF-8 or percent-encoded. */
  readonly prefix: string
  /** Tried in order; an empty list leaves the mount to the next shorter one. */
  readonly handlers: readonly Handler[]
  /** Prefix of the mount in whose place these handlers stand, whose script name they see; undefined: their own. */
  readonly base?: string | undefined
  readonly rewrite?: Rewrite | undefined
}

/** One handler that may answer, and the one to ask after it. */
export interface Step<M extends Mount> {
  readonly mount: M
  readonly handler: Handler
  /** The normalised prefix, '' for the root; a ByteString. */
  readonly start: string
  /** What of the path stands in SCRIPT_NAME: the same, unless the handlers stand in the place of another mount. */
  readonly scriptName: string
  next: Step<M> | undefined
}

/** The prefix in the form request paths have (octets of UTF-8, decoded once), without a slash at its end. */
export function mountPath(prefix: string): NormalPath {
  const path = normalizePath(byteString(prefix))
  return path.kind === 'ok' && path.path.endsWith('/') ? { kind: 'ok', path: path.path.slice(0, -1) } : path
}

/** Whether a normalised path lies at or below a script name. */
export function isBelow(path: string, scriptName: string): boolean {
  const length = scriptName.length
  if (length === 0) return true
  return path.startsWith(scriptName) && (path.length === length || path.charCodeAt(length) === 0x2f)
}

/** The mounts of one site, longest first. */
export class MountTable<M extends Mount> {
  /** The first step of each mount; the root, where there is one, is the last. */
  readonly #heads: readonly Step<M>[]

  /** Throws when a prefix is not a path; the configuration checks that with `mountPath` beforehand. */
  constructor(mounts: readonly M[]) {
    const steps = mounts.map(stepsOf).filter((list) => list.length > 0)
    steps.sort((a, b) => startOf(b).length - startOf(a).length)
    steps.forEach((list, i) => {
      const last = list.at(-1)
      // In place of a shorter mount, its handlers have been asked by then.
      const shorter = steps
        .slice(i + 1)
        .find((other) => isBelow(startOf(list), startOf(other)) && startOf(other) !== last?.scriptName)
      if (last !== undefined) last.next = shorter?.[0]
    })
    this.#heads = steps.flatMap((list) => list.slice(0, 1))
  }

  /** The first step for a normalised path; allocates nothing. */
  find(path: string): Step<M> | undefined {
    for (const head of this.#heads) {
      if (isBelow(path, head.start)) return head
    }
    return undefined
  }

  *handlers(): IterableIterator<Handler> {
    for (const head of this.#heads) yield* head.mount.handlers
  }
}

function startOf(list: readonly { readonly start: string }[]): string {
  return list[0]?.start ?? ''
}

function stepsOf<M extends Mount>(mount: M): Step<M>[] {
  const start = checkedPath(mount.prefix)
  const scriptName = mount.base === undefined ? start : checkedPath(mount.base)
  const steps = mount.handlers.map((handler): Step<M> => {
    return { mount, handler, start, scriptName, next: undefined }
  })
  steps.forEach((step, i) => {
    step.next = steps[i + 1]
  })
  return steps
}

function checkedPath(prefix: string): string {
  const path = mountPath(prefix)
  if (path.kind === 'bad') throw new TypeError(`Mount "${prefix}" is not a path: ${path.why}`)
  return path.path
}
