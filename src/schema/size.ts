// Sizes as people write them: 500B, 64KiB, 100MiB, 1GiB; 0 is off. The value is in octets.
// Only binary units: KB and MB mean two things, so they are refused with the unit to write instead.

export type SizeResult =
  | { readonly kind: 'ok'; readonly octets: number }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

const units: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

/** Parses a size; the number 0 and the text "0" mean off. */
export function parseSize(written: string | number): SizeResult {
  const text = String(written).trim()
  if (text === '0') return { kind: 'ok', octets: 0 }
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text)
  if (!match)
    return bad(`"${text}" is not a size`, 'Write a number and a unit: 500B, 64KiB, 100MiB, 1GiB; 0 is off')
  const [, digits = '', unit = ''] = match
  if (unit === '')
    return bad(`"${text}" has no unit`, `Units are needed: write ${digits}B, ${digits}KiB or ${digits}MiB`)
  const factor = units[unit]
  if (factor === undefined) {
    const meant = Object.keys(units).find((name) => name[0]?.toLowerCase() === unit[0]?.toLowerCase())
    const hint = meant ? `Write ${digits}${meant}` : 'The units are B, KiB, MiB, GiB and TiB'
    return bad(`"${unit}" is not a unit of size in "${text}"`, hint)
  }
  const octets = Math.round(Number(digits) * factor)
  if (!Number.isSafeInteger(octets)) return bad(`"${text}" is too large`, 'Write a smaller size')
  return { kind: 'ok', octets }
}

/** Writes octets in the largest unit that divides them: 65536 is "64KiB", 1000 is "1000B". */
export function formatSize(octets: number): string {
  if (octets === 0) return '0'
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const factor = units[unit] ?? 1
    if (octets % factor === 0) return `${octets / factor}${unit}`
  }
  return `${octets}B`
}

function bad(why: string, hint: string): SizeResult {
  return { kind: 'bad', why, hint }
}
