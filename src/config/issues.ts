// From zod's issues to problems: words for what is wrong, the value, the position, a suggestion.
// The convention of messages is in leaf.ts; sections put their name and keys there (schema.ts).

import type { z } from 'zod'
import type { SettingPath } from '../schema/path.ts'
import { formatPath } from '../schema/path.ts'
import type { Position, Problem } from '../schema/problem.ts'
import { suggest } from '../schema/suggest.ts'
import { hintForType } from './habits.ts'
import { misplacedKey } from './misplaced.ts'
import { keysNotYet, notYet } from './not-yet.ts'
import { laterThing, ownWord } from './other-words.ts'
import { isMap } from './plain-map.ts'
import { fileSchema, isOptionsAlone, targetOptions } from './schema.ts'
import { meantKind, targetKeys } from './target-kind.ts'

type Issue = z.core.$ZodIssue
type Locate = (path: SettingPath, at: 'key' | 'value') => Position

/** A part of the value that the schema does not take. */
export interface Refusal {
  readonly path: SettingPath
  /** Null for a later version's key that is switched off: to be removed, but no problem. */
  readonly problem: Problem | null
  /** Of a key that is not known: the one that stands for it here, which is not missing then. */
  readonly meant?: string | undefined
  /** The setting is not there. */
  readonly isMissing?: boolean
}

/** All refusals that the issues of one parse stand for; `below` is where the parsed value stands. */
export function toRefusals(issues: readonly Issue[], locate: Locate, below: SettingPath = []): Refusal[] {
  const refusals = refuse(issues, locate, below)
  const meant = new Set(
    refusals.flatMap(({ path, meant }) =>
      meant === undefined ? [] : formatPath([...path.slice(0, -1), meant]),
    ),
  )
  return refusals.map((refusal) =>
    refusal.isMissing === true && meant.has(formatPath(refusal.path))
      ? { ...refusal, problem: null }
      : refusal,
  )
}

function refuse(issues: readonly Issue[], locate: Locate, below: SettingPath): Refusal[] {
  return issues.flatMap((issue) => {
    const path: SettingPath = [
      ...below,
      ...issue.path.map((part) => (typeof part === 'number' ? part : String(part))),
    ]
    const report = (at: 'key' | 'value', message: string, hint = '', where = path): Refusal => ({
      path: where,
      problem: { ...locate(where, at), severity: 'error', setting: formatPath(where), message, hint },
    })
    const [first = '', second = ''] = issue.message.split('\n')
    switch (issue.code) {
      case 'unrecognized_keys':
        return unknownKeys(issue, first, second.split(','), (key, message, hint, meant) => ({
          ...(message === ''
            ? { path: [...path, key], problem: null }
            : report('key', message, hint, [...path, key])),
          meant,
        }))
      case 'invalid_union':
        return first.startsWith('choose:')
          ? choose(issue, first, second, report, locate, path)
          : [wrong(issue, first, second, report)]
      case 'invalid_key': {
        const [what = '', hint = ''] = issue.issues[0]?.message.split('\n') ?? []
        return [report('key', `${quote(path.at(-1))} is not ${what}`, hint)]
      }
      case 'custom':
        return [report('value', first, second)]
      default:
        return [wrong(issue, first, second, report)]
    }
  })
}

type Report = (at: 'key' | 'value', message: string, hint?: string) => Refusal

function wrong(issue: Issue, what: string, hint: string, report: Report): Refusal {
  if (issue.input === undefined) {
    const missing = report('key', `"${String(issue.path.at(-1))}" is missing: ${what} is needed`, hint)
    return { ...missing, isMissing: true }
  }
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') {
    const near = suggest(issue.input, issue.values.map(String))
    return report(
      'value',
      `${quote(issue.input)} is not ${what}`,
      near === undefined ? hintForType(issue, hint) : `Did you mean "${near}"?`,
    )
  }
  // "key:value" is one text in YAML.
  const [, key, value] =
    /^([^\s:]+):(?!\/\/)(\S.*)$/s.exec(isMapWanted(issue) ? String(issue.input) : '') ?? []
  const spaced =
    key === undefined ? hintForType(issue, hint) : `Put a space behind the colon: ${key}: ${value ?? ''}`
  return report('value', `${quote(issue.input)} is not ${what}`, spaced)
}

function isMapWanted(issue: Issue): boolean {
  const isMapType = issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected)
  return isMapType && typeof issue.input === 'string'
}

function unknownKeys(
  issue: Extract<Issue, { code: 'unrecognized_keys' }>,
  section: string,
  allowed: readonly string[],
  /** An empty message for a key that is only removed. */
  report: (key: string, message: string, hint: string, meant?: string) => Refusal,
): Refusal[] {
  const later = keysNotYet[section] ?? []
  return issue.keys.map((key) => {
    const value = isMap(issue.input) ? issue.input[key] : undefined
    if (later.includes(key)) {
      const off = value === false || value === 0 || value === null
      return off ? report(key, '', '') : report(key, notYet(`"${key}"`), 'Remove it')
    }
    if (section === 'included file' && (key in fileSchema.shape || keysNotYet.top?.includes(key)))
      return report(
        key,
        `"${key}" cannot stand in an included file`,
        `Write it in the file that includes this one; allowed here: ${allowed.join(', ')}`,
      )
    const around = String(issue.path.at(-1) ?? '')
    const misplaced = misplacedKey({ key, value, section, around, beside: issue.keys })
    if (misplaced !== undefined) return report(key, misplaced.message, misplaced.hint, misplaced.meant)
    const given = targetKeys.filter((kind) => isMap(issue.input) && kind in issue.input)
    const near = ownWord(key, allowed, given) ?? suggest(key, [...allowed, ...later])
    const listed = `Allowed here: ${allowed.join(', ')}`
    const wanted = near === undefined ? laterThing(key) : undefined
    if (wanted !== undefined) return report(key, notYet(`"${key}": ${wanted.thing}`), wanted.hint)
    return report(
      key,
      `"${key}" is not a known key`,
      near === undefined ? listed : `Did you mean "${near}"? ${listed}`,
      near,
    )
  })
}

/** A value that may be of several kinds: the problems of the kind that was meant, not those of all kinds. */
function choose(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  choice: string,
  what: string,
  report: Report,
  locate: Locate,
  path: SettingPath,
): Refusal[] {
  const value = issue.input
  if (value === undefined || value === null) {
    const wanting = value === null ? 'empty' : 'missing'
    const refusal = report('key', `${quote(path.at(-1))} is ${wanting}: ${what} is needed`)
    return [{ ...refusal, isMissing: value === undefined }]
  }
  const below = (branch: number) => toRefusals(issue.errors[branch] ?? [], locate, path)
  if (choice === 'choose:list') return below(Array.isArray(value) ? 1 : 0)
  if (choice === 'choose:command') return below(isMap(value) && 'command' in value ? 0 : 1)
  if (choice === 'choose:map') return below(isMap(value) ? 1 : 0)
  if (typeof value === 'string') return below(0)
  if (!isMap(value)) return [report('value', `${quote(value)} is not ${what}`, targetHint)]
  const kinds = targetKeys.filter((key) => key in value)
  if (kinds.length > 1) {
    const listed = kinds.map((key) => `"${key}"`).join(' and ')
    return [
      report('value', `${listed} stand in one target`, 'Write a list of targets; they are tried in order'),
    ]
  }
  // Of a kind that is misspelt all other keys are looked at as well.
  const kind =
    kinds[0] ?? targetKeys.find((one) => one === meantKind(Object.keys(value), targetOptions)?.kind)
  if (kind !== undefined) return below(targetKeys.indexOf(kind) + 1)
  return isOptionsAlone(value) ? below(targetKeys.length + 1) : [kindless(value, report)]
}

const targetHint =
  'Write the name of an application, { wsgi: ... }, { files: ... }, { cgi: ... }, { fastcgi: ... }, { scgi: ... }, { uwsgi: ... }, { redirect: ... } or options such as { access: ... }'

function kindless(value: Readonly<Record<string, unknown>>, report: Report): Refusal {
  const meant = meantKind(Object.keys(value), targetOptions)
  if (meant !== undefined)
    return report('value', `"${meant.key}" is not a known key`, `Did you mean "${meant.kind}"? ${targetHint}`)
  for (const key of Object.keys(value)) {
    const wanted = laterThing(key)
    if (wanted !== undefined) return report('value', notYet(`"${key}": ${wanted.thing}`), 'Remove the mount')
  }
  const kinds = targetKeys.filter((key) => key !== 'application').map((key) => `"${key}"`)
  return report('value', `the target says none of ${kinds.join(', ')}`, targetHint)
}

/** The value in double quotes; maps and lists by name. */
function quote(value: unknown): string {
  if (value === null) return 'an empty value'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return `"${String(value)}"`
}
