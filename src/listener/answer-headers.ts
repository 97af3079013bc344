// Fields that the configuration sets or removes in every answer of a mount or a site (`headers`).

import type { Fields } from '../http/fields.ts'

export class AnswerHeaders {
  /** All names in lower case, those to remove and those to set. */
  readonly #names: ReadonlySet<string>
  readonly #set: Fields

  /** @param headers null removes a field; names and values were checked by the configuration */
  constructor(headers: Readonly<Record<string, string | null>>) {
    this.#names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
    this.#set = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [name, value]))
  }

  /** The fields of the answer with those of the configuration in place of its own, at the end. */
  apply(fields: Fields): Fields {
    const kept: string[] = []
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string
      if (!this.#names.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string)
    }
    kept.push(...this.#set)
    return kept
  }

  /** This server is not to be named. One that is set is among the fields, and then it is not named either. */
  get removesServer(): boolean {
    return this.#names.has('server')
  }
}
