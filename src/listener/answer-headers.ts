// Fields that the configuration sets or removes in every answer of a mount or a site (`headers`), but for what this server
// itself says of an answer: how it was chosen, that a page about an error is not to be kept, and where its parts begin.

import type { Answer } from '../http/exchange.ts'

interface Setting {
  /** As written. */
  readonly name: string
  /** null removes. */
  readonly value: string | null
}

export class AnswerHeaders {
  /** By name in lower case. */
  readonly #settings: ReadonlyMap<string, Setting>

  /** @param headers null removes a field; names and values were checked by the configuration */
  constructor(headers: Readonly<Record<string, string | null>>) {
    const all = Object.entries(headers)
    this.#settings = new Map(all.map(([name, value]) => [name.toLowerCase(), { name, value }]))
  }

  /**
   * The answer with the fields of the configuration in place of its own, at the end.
   * @param kind of the handler that made it
   */
  apply(answer: Answer, kind: string): Answer {
    const fields: string[] = []
    const stays = new Set<string>()
    let vary = ''
    if (isOwnError(answer, kind)) stays.add('cache-control')
    for (let i = 0; i < answer.fields.length; i += 2) {
      const name = answer.fields[i] as string
      const value = answer.fields[i + 1] as string
      const lower = name.toLowerCase()
      const setting = this.#settings.get(lower)
      // Its boundary stands in there.
      if (lower === 'content-type' && value.startsWith('multipart/byteranges')) stays.add(lower)
      if (setting === undefined || stays.has(lower)) fields.push(name, value)
      else if (lower === 'vary' && (setting.value !== null || kind === 'files')) vary = union(vary, value)
    }
    for (const [lower, { name, value }] of this.#settings) {
      if (lower === 'vary') vary = union(vary, value ?? '')
      else if (value !== null && !stays.has(lower)) fields.push(name, value)
    }
    if (vary !== '') fields.push('Vary', vary)
    // What was made of the answer for an earlier request has other fields.
    return { ...answer, kept: undefined, fields }
  }

  /** This server is not to be named. One that is set is among the fields, and then it is not named either. */
  get removesServer(): boolean {
    return this.#settings.has('server')
  }
}

/** Nobody keeps those, whatever is said of the answers that are right. */
function isOwnError({ status, errorPage }: Answer, kind: string): boolean {
  return errorPage !== undefined || (kind === 'files' && status >= 400)
}

/** The members of two lists of names, each once. */
function union(one: string, other: string): string {
  const members = new Map<string, string>()
  for (const text of `${one},${other}`.split(',')) {
    const member = text.trim()
    if (member !== '' && !members.has(member.toLowerCase())) members.set(member.toLowerCase(), member)
  }
  return members.has('*') ? '*' : [...members.values()].join(', ')
}
