// A request while it is read: its variables (FastCGI 1.0 section 5.2), and what of its input came with them.

import { recordType } from '../wire/fastcgi.ts'
import { decodePairs } from '../wire/fastcgi-params.ts'

/** All variables of one request together, octets. */
const maxParamsBytes = 1024 * 1024

export class RequestParts {
  readonly #base: ReadonlyMap<string, string>
  #params: Buffer[] = []
  #paramsBytes = 0
  #variables: Map<string, string> | undefined
  #input: Buffer[] = []
  #inputEnded = false

  /** @param base variables that every script has */
  constructor(base: ReadonlyMap<string, string>) {
    this.#base = base
  }

  /** With the base; undefined until all have come. */
  get variables(): ReadonlyMap<string, string> | undefined {
    return this.#variables
  }

  get input(): { readonly given: Buffer; readonly inputEnded: boolean } {
    return { given: Buffer.concat(this.#input), inputEnded: this.#inputEnded }
  }

  get isComplete(): boolean {
    return this.#inputEnded
  }

  /** False when the record is out of turn, too much or malformed. The content is copied. */
  take(type: number, content: Buffer): boolean {
    if (type === recordType.params) return this.#variables === undefined && this.#takeParams(content)
    if (type !== recordType.stdin || this.#variables === undefined || this.#inputEnded) return false
    if (content.length === 0) this.#inputEnded = true
    else this.#input.push(Buffer.from(content))
    return true
  }

  #takeParams(content: Buffer): boolean {
    if (content.length > 0) {
      this.#params.push(Buffer.from(content))
      this.#paramsBytes += content.length
      return this.#paramsBytes <= maxParamsBytes
    }
    const decoded = decodePairs(Buffer.concat(this.#params))
    this.#params = []
    if (decoded.kind === 'bad') return false
    const variables = new Map(this.#base)
    for (let i = 0; i < decoded.pairs.length; i += 2)
      variables.set(decoded.pairs[i] ?? '', decoded.pairs[i + 1] ?? '')
    this.#variables = variables
    return true
  }
}
