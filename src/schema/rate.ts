// Rates as people write them: 10/s, 600/m, 5/h; off, false and 0 are none. A number alone is refused: of what time?

export interface Rate {
  readonly requests: number
  /** In ms. */
  readonly per: number
}

export type RateResult =
  | { readonly kind: 'ok'; readonly rate: Rate | false }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const mostRequests = 1_000_000

export function parseRate(written: string | number | boolean): RateResult {
  const text = String(written).trim()
  if (text === 'off' || text === 'false' || text === '0') return { kind: 'ok', rate: false }
  const [, digits = '', unit = ''] = /^(\d+)\s*\/\s*([A-Za-z]+)$/.exec(text) ?? []
  if (digits === '') {
    const example = /^\d+$/.test(text) ? text : '10'
    return bad(`"${text}" is not a rate`, `Write ${example}/s, ${example}/m or ${example}/h; off is none`)
  }
  const per = units[unit]
  if (per === undefined)
    return bad(
      `"${unit}" is not a time in "${text}"`,
      `Write ${digits}/s, ${digits}/m, ${digits}/h or ${digits}/d`,
    )
  const requests = Number(digits)
  if (requests < 1 || requests > mostRequests)
    return bad(`a rate is of 1 to ${mostRequests} requests, not ${digits}`, 'Write off for no limit')
  return { kind: 'ok', rate: { requests, per } }
}

function bad(why: string, hint: string): RateResult {
  return { kind: 'bad', why, hint }
}
