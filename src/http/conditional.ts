// Conditional requests (RFC 9110 section 13) in the order of 13.2.2, for GET and HEAD of something that exists.
// Which range is sent comes after this and is range.ts; whether any is, If-Range, is decided here.

import { parseHttpDate } from './date.ts'
import { equalStrongly, equalWeakly, parseEntityTags } from './etag.ts'
import { allFields, type Fields, joinedField } from './fields.ts'

/** What a representation says of itself; undefined where it has no such validator. */
export interface Validators {
  readonly etag: string | undefined
  /** Milliseconds since 1970; compared in whole seconds, as the field carries them. */
  readonly lastModifiedMs: number | undefined
}

/** 'proceed': answer in full. 304 and 412: answer with that status instead. */
export type Condition = 'proceed' | 304 | 412

/** One look at the names: most requests carry neither conditions nor a Range, and pay for nothing else. */
export function asksForWhole(fields: Fields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const length = name.length
    // 'if-match' is the shortest condition; | 0x20 is the lower case of a letter.
    if (length >= 8 && name.charCodeAt(2) === 0x2d && (name.charCodeAt(0) | 0x20) === 0x69) return false
    if (length === 5 && (name.charCodeAt(0) | 0x20) === 0x72 && name.toLowerCase() === 'range') return false
  }
  return true
}

function matches(value: string, etag: string | undefined, equal: (a: string, b: string) => boolean): boolean {
  if (etag !== undefined && value === etag) return equal(value, etag)
  const list = parseEntityTags(value)
  if (list.kind === 'any') return true
  if (list.kind === 'bad' || etag === undefined) return false
  return list.tags.some((tag) => equal(tag, etag))
}

/** True, false, or undefined when there is nothing to compare (no date, or one that is not valid: ignored). */
function modifiedSince(
  value: string | undefined,
  validators: Validators,
  nowMs: number,
): boolean | undefined {
  if (value === undefined || validators.lastModifiedMs === undefined) return undefined
  const since = parseHttpDate(value, nowMs)
  if (since === undefined) return undefined
  return Math.floor(validators.lastModifiedMs / 1000) * 1000 > since
}

/** Decides the conditions in the fields of a GET or HEAD. A tag list that cannot be parsed matches nothing. */
export function decideConditions(fields: Fields, validators: Validators, nowMs: number): Condition {
  const ifMatch = joinedField(fields, 'if-match')
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, validators.etag, equalStrongly)) return 412
  } else if (modifiedSince(joinedField(fields, 'if-unmodified-since'), validators, nowMs) === true) {
    return 412
  }
  const ifNoneMatch = joinedField(fields, 'if-none-match')
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, validators.etag, equalWeakly) ? 304 : 'proceed'
  return modifiedSince(joinedField(fields, 'if-modified-since'), validators, nowMs) === false
    ? 304
    : 'proceed'
}

/** A date that lies closer to now may belong to two states of a file within that second (RFC 9110 section 8.8.2.2). */
const strongDateMs = 1000

/**
 * The Range field that counts for a GET: undefined when there is none, more than one, or when If-Range says that the
 * client holds a part of something else. A tag must be the same and strong, a date the same to the second.
 */
export function applicableRange(fields: Fields, validators: Validators, nowMs: number): string | undefined {
  const [range, ...more] = allFields(fields, 'range')
  if (range === undefined || more.length > 0) return undefined
  const condition = joinedField(fields, 'if-range')
  return condition === undefined || isSame(condition, validators, nowMs) ? range : undefined
}

function isSame(condition: string, { etag, lastModifiedMs }: Validators, nowMs: number): boolean {
  if (condition.includes('"')) return etag !== undefined && equalStrongly(condition, etag)
  const date = parseHttpDate(condition, nowMs)
  if (date === undefined || lastModifiedMs === undefined || nowMs - lastModifiedMs < strongDateMs)
    return false
  return date === Math.floor(lastModifiedMs / 1000) * 1000
}
