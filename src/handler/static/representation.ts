// What is said of a file whatever part of it is sent: its validators and fields, as 200, 206 and 304 carry them.
// Pure. An encoded variant is a representation of its own, with its own tag, under the media type of the file.

import type { BigIntStats } from 'node:fs'
import type { Coding } from '../../http/accept-encoding.ts'
import { formatHttpDate } from '../../http/date.ts'
import { fileEtag } from '../../http/etag.ts'
import type { Fields } from '../../http/fields.ts'

export interface Representation {
  readonly size: number
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly lastModifiedMs: number
  readonly type: string
  /** Parts of it may be asked for: never of what is one variant of several, where the next request may get another. */
  readonly hasRanges: boolean
  /** Of an answer with the whole. */
  readonly fields: Fields
  /** Of a 304 (RFC 9110 section 15.4.5). */
  readonly unchangedFields: Fields
}

export interface RepresentationFacts {
  readonly stats: BigIntStats
  readonly type: string
  readonly coding: Coding
  /** Another request for the same may get another coding. */
  readonly negotiated: boolean
  /** Value of Cache-Control; '' sends none. */
  readonly cacheControl: string
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

export function representation(facts: RepresentationFacts): Representation {
  const { stats, type, coding, negotiated, cacheControl, nowMs } = facts
  const etag = fileEtag(stats)
  // RFC 9110 section 8.8.2.1: never later than the Date of the answer.
  const lastModifiedMs = Math.min(Number(stats.mtimeMs), nowMs)
  const unchangedFields = ['ETag', etag]
  if (cacheControl !== '') unchangedFields.push('Cache-Control', cacheControl)
  if (negotiated) unchangedFields.push('Vary', 'Accept-Encoding')
  const fields = [...unchangedFields, 'Last-Modified', formatHttpDate(lastModifiedMs), 'Content-Type', type]
  const hasRanges = coding === 'identity'
  if (hasRanges) fields.push('Accept-Ranges', 'bytes')
  else fields.push('Content-Encoding', coding)
  return {
    size: Number(stats.size),
    etag,
    lastModifiedMs,
    type,
    hasRanges,
    fields,
    unchangedFields,
  }
}
