// How many processes are kept for an application: a number, or a range in which that follows what there is to do.

import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'

export interface Range {
  readonly min: number
  readonly max: number
}

/** A number is both ends of a range. */
export function resolveProcesses(
  written: number | Range | null | undefined,
  otherwise: Range,
  flag: number | undefined,
  place: Place,
  findings: Findings,
): Range {
  const at = within(place, 'processes')
  if (typeof written !== 'object' || written === null || flag !== undefined) {
    const given = flag === undefined && typeof written !== 'number' ? undefined : Number(flag ?? written)
    const count = flagOr(flag, 'processes', findings, place, () => findings.pick(given, undefined, at))
    return count === undefined ? otherwise : { min: count, max: count }
  }
  findings.note(at)
  if (written.min > written.max)
    findings.error(
      within(at, 'min'),
      `"min" is ${written.min}, but "max" is ${written.max}`,
      'Write the smaller one as "min"',
    )
  return written
}

/** What a flag says, else what is written. */
export function flagOr<T>(
  flag: T | undefined,
  name: string,
  findings: Findings,
  place: Place,
  otherwise: () => T,
): T {
  if (flag === undefined) return otherwise()
  findings.note(within(place, name), `flag --${name}`)
  return flag
}
