// What is wrong with a text that is not YAML, and what to do.

export interface YamlFault {
  /** Where to look, an offset in the text. */
  readonly offset: number
  readonly message: string
  readonly hint: string
}
