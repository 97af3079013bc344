// Pages by status for the answers that Portico makes itself. By status those of the mount come before those of its site.

import type { Options } from './effective.ts'
import { type Findings, type Place, within } from './findings.ts'
import { resolvePage } from './maintenance.ts'
import type { WrittenErrors } from './option-schema.ts'

export function resolveErrors(
  written: NonNullable<WrittenErrors>,
  place: Place,
  inherited: Options['errors'],
  directory: string,
  findings: Findings,
): Options['errors'] {
  findings.note(place)
  if (written === false) return {}
  const own = Object.entries(written).map(([status, page]) => {
    return [status, resolvePage(page, within(place, status), directory, findings)] as const
  })
  return { ...inherited, ...Object.fromEntries(own) }
}
