// The directories whose files applications may name in place of an answer (X-Sendfile, X-Accel-Redirect).

import { resolve } from 'node:path'
import type { Options } from './effective.ts'
import { type Findings, type Place, within } from './findings.ts'
import { didYouMean, notDirectory } from './on-disk.ts'
import type { WrittenSendfile } from './option-schema.ts'

/** A mount's own directories take the place of those of its site: one application need not reach what is another's. */
export function resolveSendfile(
  written: NonNullable<WrittenSendfile>,
  place: Place,
  directory: string,
  findings: Findings,
): Options['sendfile'] {
  findings.note(place)
  if (written === false) return []
  const entries = Array.isArray(written)
    ? written.map((path: string, index) => ({ prefix: null, path, at: within(place, index) }))
    : Object.entries(written).map(([prefix, path]) => ({ prefix, path, at: within(place, prefix) }))
  if (Array.isArray(written) && written.length === 0)
    findings.error(place, '"sendfile" names no directory', 'Name one, or write off for none', 'key')
  return entries.map(({ prefix, path, at }) => {
    const root = resolve(directory, path)
    findings.note(at)
    const wrong = notDirectory(root)
    if (wrong !== undefined)
      findings.error(at, wrong, `${didYouMean(root, path)}Create it, or name the directory with the files`)
    else if (root === '/')
      findings.error(at, 'all files of the machine are below "/"', 'Name the directory with the files')
    else findings.need(at, root, 'run')
    return { root, prefix: prefix === null ? null : normalPrefix(prefix) }
  })
}

/** '/a/b' without slashes that count for nothing; '' for the root, so that each prefix ends where a segment does. */
function normalPrefix(written: string): string {
  return written.replace(/\/{2,}/g, '/').replace(/\/$/, '')
}
