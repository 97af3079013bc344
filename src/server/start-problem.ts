// What keeps the server from starting.

/** Something that keeps the server from starting: what, and what to do. */
export interface StartProblem {
  readonly message: string
  readonly hint: string
}
