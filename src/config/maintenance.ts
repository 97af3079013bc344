// A mount or a site that is closed for a while: a page for everybody, and addresses that may pass.

import { resolve } from 'node:path'
import { maxPageBytes } from '../handler/page-file.ts'
import type { Maintenance } from './effective.ts'
import { type Findings, type Place, within } from './findings.ts'
import { truthOf } from './habits.ts'
import { didYouMean, notFile, onDisk, tooLarge } from './on-disk.ts'
import type { WrittenMaintenance } from './option-schema.ts'

const defaultRetryAfterMs = 300_000

export function resolveMaintenance(
  written: NonNullable<WrittenMaintenance>,
  place: Place,
  directory: string,
  findings: Findings,
): Maintenance | false {
  findings.note(place)
  if (written === false) return false
  const map = typeof written === 'object' ? written : {}
  const page = typeof written === 'string' ? written : map.page
  const at = typeof written === 'string' ? place : within(place, 'page')
  const truth = truthOf(page)
  if (truth !== undefined && onDisk(resolve(directory, page ?? '')) === 'missing') {
    findings.error(at, `"${page}" is taken for the path of a page`, `Write: maintenance: ${truth}`)
    return false
  }
  return {
    page: page === null || page === undefined ? null : resolvePage(page, at, directory, findings),
    allow: findings.pick(map.allow, [], within(place, 'allow')),
    retry_after: findings.pick(map.retry_after, defaultRetryAfterMs, within(place, 'retry_after')),
  }
}

/** The absolute path of a page, which must be there. */
export function resolvePage(written: string, place: Place, directory: string, findings: Findings): string {
  const path = resolve(directory, written)
  findings.note(place)
  const wrong = notFile(path) ?? tooLarge(path, maxPageBytes)
  if (wrong === undefined) findings.need(place, path, 'read')
  else
    findings.error(
      place,
      wrong,
      `${didYouMean(path, written)}Name the file of a page; a relative path is relative to this configuration`,
    )
  return path
}
