// What is said of a file whatever part of it is sent: its validators and fields, as 200, 206 and 304 carry them.
// Pure. An encoded variant is a representation of its own, with its own tag, under the media type of the file.

import type { BigIntStats } from 'node:fs'
import { formatHttpDate } from '../../http/date.ts'
import { fileEtag } from '../../http/etag.ts'
import type { Fields } from '../../http/fields.ts'

export interface Representation {
  readonly size: number
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly lastModifiedMs: number
  readonly type: string
  /** Parts of it may be asked for. */
  readonly hasRanges: boolean
  /** Of an answer with the whole. */
  readonly fields: Fields
  /** Of a 304 (RFC 9110 section 15.4.5). */
  readonly unchangedFields: Fields
}

export interface RepresentationFacts {
  readonly stats: BigIntStats
  readonly type: string
  /** Value of Cache-Control; '' sends none. */
  readonly cacheControl: string
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

export function representation({ stats, type, cacheControl, nowMs }: RepresentationFacts): Representation {
  const etag = fileEtag(stats)
  // RFC 9110 section 8.8.2.1: never later than the Date of the answer.
  const lastModifiedMs = Math.min(Number(stats.mtimeMs), nowMs)
  const unchangedFields = ['ETag', etag]
  if (cacheControl !== '') unchangedFields.push('Cache-Control', cacheControl)
  const fields = [
    ...unchangedFields,
    'Last-Modified',
    formatHttpDate(lastModifiedMs),
    'Accept-Ranges',
    'bytes',
    'Content-Type',
    type,
  ]
  return {
    size: Number(stats.size),
    etag,
    lastModifiedMs,
    type,
    hasRanges: true,
    fields,
    unchangedFields,
  }
}
