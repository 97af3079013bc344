// What kind of target a map is: the key that says it, also where that is misspelt or another server's word.

import { suggest } from '../schema/suggest.ts'
import { ownWord } from './other-words.ts'

/** The keys that make a map a target of a kind, in the order of the union in schema.ts, where the name alone comes first. */
export const targetKeys: readonly string[] = [
  'application',
  'wsgi',
  'files',
  'cgi',
  'fastcgi',
  'scgi',
  'uwsgi',
  'redirect',
]

interface MeantKind {
  readonly key: string
  readonly kind: string
}

/**
 * The first key that may be another word for a kind of target.
 * @param options what a target may say beside its kind
 */
export function meantKind(keys: readonly string[], options: readonly string[]): MeantKind | undefined {
  for (const key of keys) {
    const kind = ownWord(key, targetKeys) ?? suggest(key, [...options, ...targetKeys])
    if (kind !== undefined && targetKeys.includes(kind)) return { key, kind }
  }
  return undefined
}
