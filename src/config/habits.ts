// Values as people write them from habit, which YAML or Portico reads in another way: what to write instead.

import type { z } from 'zod'

type Issue = z.core.$ZodIssue

const truths: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  y: true,
  true: true,
  enabled: true,
  '1': true,
  no: false,
  off: false,
  n: false,
  false: false,
  disabled: false,
  '0': false,
}

/** What a word says that older YAML takes for true or false; undefined for any other value. */
export function truthOf(value: unknown): boolean | undefined {
  const word = String(value).toLowerCase()
  return Object.hasOwn(truths, word) ? truths[word] : undefined
}

/** A hint about a value of the wrong type, or `otherwise`. */
export function hintForType(issue: Issue, otherwise: string): string {
  const { input } = issue
  if (issue.code === 'invalid_value' && issue.values.includes('off') && truthOf(input) === false)
    return 'Write: off'
  if (issue.code !== 'invalid_type') return otherwise
  const truth = truthOf(input)
  if (issue.expected === 'boolean' && truth !== undefined) return `Write: ${truth}`
  if (issue.expected === 'number' && typeof input === 'string' && /^\d+$/.test(input))
    return `Write it without quotes: ${input}`
  if (issue.expected !== 'string' || otherwise !== '') return otherwise
  if (typeof input === 'number') return `Put it in quotes: "${input}"`
  return Array.isArray(input) ? 'Write one value, not a list' : otherwise
}

/** For the list of files that other servers look through in turn. */
export function hintForRoots(input: unknown): string {
  if (!Array.isArray(input)) return ''
  const roots = input.filter((one) => typeof one === 'string')
  const shown = roots.length === input.length && roots.length > 1 ? roots : ['a', 'b']
  const targets = shown.map((one) => `{ files: ${one} }`).join(', ')
  return `Write a list of targets; they are tried in order: [${targets}]`
}

/** For a list in the place of a map with names as keys. */
export function hintForNames(example: string): string {
  return `Write names as keys: ${example}`
}

/** For mounts that are no map. */
export function hintForMounts(input: unknown): string {
  const first: unknown = Array.isArray(input) ? input[0] : input
  if (typeof first === 'string' && first !== '') return `Write the path before it: mounts: { /: ${first} }`
  const prefix = typeof first === 'object' && first !== null ? (Object.keys(first)[0] ?? '') : ''
  if (prefix.startsWith('/'))
    return `Write prefixes as keys of one map, not as a list: mounts: { ${prefix}: ... }`
  return 'Write prefixes as keys: mounts: { /: ... }'
}

/** For sites that are no list. */
export function hintForSites(input: unknown): string {
  const isNamed = typeof input === 'object' && input !== null && !('hosts' in input)
  const [host = 'example.com'] = isNamed ? Object.keys(input) : []
  return `Write a list, also of one site: [{ hosts: ${host}, mounts: ... }]`
}

/** For environments as other programs have them: ["NAME=value"]. */
export function hintForVariables(input: unknown): string {
  const first: unknown = Array.isArray(input) ? input[0] : input
  const [, name = 'NAME', value = 'value'] = /^([A-Za-z_]\w*)=(.*)$/.exec(String(first)) ?? []
  return `Write for example { ${name}: "${value}" }`
}
