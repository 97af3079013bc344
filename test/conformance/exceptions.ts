// What a home of WSGI applications is allowed to fail, and why. A case listed here must fail with words that match, so
// the list may only shrink.

export interface Exception {
  readonly row: string
  /** Title of the case. */
  readonly title: string
  /** Name of the kind of server. */
  readonly home: string
  /** What the case says when it fails. */
  readonly fails: RegExp
  readonly reason: string
}

export const exceptions: readonly Exception[] = []
