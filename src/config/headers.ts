// Fields that answers of a mount or a site get, or lose. By name those of the mount come before those of its site.

import { connectionFields } from '../http/fields.ts'
import type { Options } from './effective.ts'
import { type Findings, type Place, within } from './findings.ts'
import type { WrittenHeaders } from './option-schema.ts'

/** Framing, and fields about one connection: they are the server's own. */
const ownFields = new Set([...connectionFields, 'content-length', 'date'])
/** Whoever changes these says something about octets that stay as they are. */
const aboutOctets = new Set(['content-encoding', 'content-range'])

export function resolveHeaders(
  written: NonNullable<WrittenHeaders>,
  place: Place,
  inherited: Options['headers'],
  findings: Findings,
): Options['headers'] {
  findings.note(place)
  if (written === false) return {}
  const names = new Map<string, string>()
  for (const name of Object.keys(written)) {
    const lower = name.toLowerCase()
    const before = names.get(lower)
    const at = within(place, name)
    findings.note(at)
    if (lower === 'etag' && written[name] !== null)
      findings.error(
        at,
        `"${name}" is not for "headers": answers with other octets would have the same tag`,
        'Remove it; files have a tag of their own, and an application knows the tags of its pages',
        'key',
      )
    else if (ownFields.has(lower) || aboutOctets.has(lower))
      findings.error(
        at,
        `"${name}" is not for "headers": it says how this one answer is sent`,
        'Remove it; Portico sends what is right',
        'key',
      )
    else if (before !== undefined)
      findings.error(at, `"${name}" is the same field as "${before}"`, 'Remove one of the two', 'key')
    names.set(lower, name)
  }
  const others = Object.entries(inherited).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(others), ...written }
}
