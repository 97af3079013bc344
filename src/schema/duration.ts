// Durations as people write them: 500ms, 30s, 5m, 1h, 1d; 0 is off. The value is in milliseconds.
// A number without a unit is refused, because half of all readers would guess wrong.

export type DurationResult =
  | { readonly kind: 'ok'; readonly ms: number }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The longest duration a Node timer can hold; more is refused instead of firing at once. */
const maxDurationMs = 2_147_483_647

/** Parses a duration; the number 0 and the text "0" mean off. */
export function parseDuration(written: string | number): DurationResult {
  const text = String(written).trim()
  if (text === '0') return { kind: 'ok', ms: 0 }
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text)
  if (!match)
    return bad(`"${text}" is not a duration`, 'Write a number and a unit: 500ms, 30s, 5m, 1h, 1d; 0 is off')
  const [, digits = '', unit = ''] = match
  if (unit === '') return bad(`"${text}" has no unit`, `Units are needed: write ${digits}s for seconds`)
  const factor = units[unit]
  if (factor === undefined) {
    return bad(`"${unit}" is not a unit of time in "${text}"`, 'The units are ms, s, m, h and d')
  }
  const ms = Math.round(Number(digits) * factor)
  if (ms > maxDurationMs) return bad(`"${text}" is too long`, 'The longest duration is 24d')
  return { kind: 'ok', ms }
}

/** Writes milliseconds in the largest unit that divides them: 60000 is "1m", 90000 is "90s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  for (const unit of ['d', 'h', 'm', 's']) {
    const factor = units[unit] ?? 1
    if (ms % factor === 0) return `${ms / factor}${unit}`
  }
  return `${ms}ms`
}

function bad(why: string, hint: string): DurationResult {
  return { kind: 'bad', why, hint }
}
