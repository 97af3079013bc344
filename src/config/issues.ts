// From zod's issues to problems: words for what is wrong, the value, the position, a suggestion.
// The convention of messages is in leaf.ts; sections put their name and keys there (schema.ts).

import type { z } from 'zod'
import type { SettingPath } from '../schema/path.ts'
import { formatPath } from '../schema/path.ts'
import type { Position, Problem } from '../schema/problem.ts'
import { suggest } from '../schema/suggest.ts'
import { hintForType } from './habits.ts'
import { gatewaysNotYet, keysNotYet, notYet } from './not-yet.ts'
import { fileSchema, isOptionsAlone, targetKeys } from './schema.ts'

type Issue = z.core.$ZodIssue
type Locate = (path: SettingPath, at: 'key' | 'value') => Position

/** A part of the value that the schema does not take. */
export interface Refusal {
  readonly path: SettingPath
  /** Null for a later version's key that is switched off: to be removed, but no problem. */
  readonly problem: Problem | null
}

/** All refusals that the issues of one parse stand for; `below` is where the parsed value stands. */
export function toRefusals(issues: readonly Issue[], locate: Locate, below: SettingPath = []): Refusal[] {
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
        return unknownKeys(issue, first, second.split(','), (key, message, hint) =>
          message === ''
            ? { path: [...path, key], problem: null }
            : report('key', message, hint, [...path, key]),
        )
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
  if (issue.input === undefined)
    return report('key', `"${String(issue.path.at(-1))}" is missing: ${what} is needed`, hint)
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
  report: (key: string, message: string, hint: string) => Refusal,
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
    const near = suggest(key, [...allowed, ...later])
    const listed = `Allowed here: ${allowed.join(', ')}`
    return report(
      key,
      `"${key}" is not a known key`,
      near === undefined ? listed : `Did you mean "${near}"? ${listed}`,
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
    return [
      report('key', `${quote(path.at(-1))} is ${value === null ? 'empty' : 'missing'}: ${what} is needed`),
    ]
  }
  const below = (branch: number) => toRefusals(issue.errors[branch] ?? [], locate, path)
  if (choice === 'choose:list') return below(Array.isArray(value) ? 1 : 0)
  if (choice === 'choose:map') return below(isMap(value) ? 1 : 0)
  if (typeof value === 'string') return below(0)
  if (!isMap(value)) return [report('value', `${quote(value)} is not ${what}`, targetHint)]
  const gateway = gatewaysNotYet.find((key) => key in value)
  if (gateway !== undefined) return [report('value', notYet(`the gateway "${gateway}"`), 'Remove the mount')]
  const kinds = targetKeys.filter((key) => key in value)
  if (kinds.length > 1) {
    const listed = kinds.map((key) => `"${key}"`).join(' and ')
    return [
      report('value', `${listed} stand in one target`, 'Write a list of targets; they are tried in order'),
    ]
  }
  if (kinds.length === 0) {
    return isOptionsAlone(value) ? below(targetKeys.length + 1) : [kindless(value, report)]
  }
  return below(targetKeys.indexOf(kinds[0] ?? '') + 1)
}

const targetHint =
  'Write the name of an application, { wsgi: ... }, { files: ... }, { redirect: ... } or options such as { access: ... }'

function kindless(value: Readonly<Record<string, unknown>>, report: Report): Refusal {
  const known = [...targetKeys, ...gatewaysNotYet]
  for (const key of Object.keys(value)) {
    const near = suggest(key, known)
    if (near !== undefined)
      return report('value', `"${key}" is not a known key`, `Did you mean "${near}"? ${targetHint}`)
  }
  return report('value', 'the target says neither "wsgi" nor "files" nor "redirect"', targetHint)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value in double quotes; maps and lists by name. */
function quote(value: unknown): string {
  if (value === null) return 'an empty value'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return `"${String(value)}"`
}
