// The fields in which proxies say whom they ask for: Forwarded (RFC 7239) and the older X-Forwarded-*.
// Which names belong to which family, and their values out of a head. What the values mean is forwarded.ts.

import type { Fields } from './fields.ts'

export type ForwardedFamily = 'x-forwarded' | 'forwarded'

/** Values as received, several fields of a name joined in order; undefined where there is none. */
export interface ForwardedFields {
  forwarded: string | undefined
  for: string | undefined
  proto: string | undefined
  host: string | undefined
  port: string | undefined
}

/**
 * The family of a field name in lower case: Forwarded, X-Real-IP and all of X-Forwarded-*, not only those read here.
 * Other names that proxies have invented for the same (X-Scheme, Front-End-Https) are not known.
 */
export function forwardedFamily(lowerCaseName: string): ForwardedFamily | undefined {
  if (lowerCaseName === 'forwarded') return 'forwarded'
  if (lowerCaseName === 'x-real-ip' || lowerCaseName === 'x-forwarded') return 'x-forwarded'
  return lowerCaseName.startsWith('x-forwarded-') ? 'x-forwarded' : undefined
}

/** What the head says in such fields; undefined, and nothing made, when it has none of those that are read. */
export function findForwarded(fields: Fields): ForwardedFields | undefined {
  let found: ForwardedFields | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const key = keyOf(fields[i] as string)
    if (key === undefined) continue
    found ??= { forwarded: undefined, for: undefined, proto: undefined, host: undefined, port: undefined }
    const before = found[key]
    const value = fields[i + 1] as string
    found[key] = before === undefined ? value : `${before}, ${value}`
  }
  return found
}

// Only names of these lengths can be meant; every other field costs a comparison of its length.
function keyOf(name: string): keyof ForwardedFields | undefined {
  switch (name.length) {
    case 9:
      return name.toLowerCase() === 'forwarded' ? 'forwarded' : undefined
    case 15:
      return name.toLowerCase() === 'x-forwarded-for' ? 'for' : undefined
    case 16: {
      const lower = name.toLowerCase()
      if (lower === 'x-forwarded-host') return 'host'
      return lower === 'x-forwarded-port' ? 'port' : undefined
    }
    case 17:
      return name.toLowerCase() === 'x-forwarded-proto' ? 'proto' : undefined
    default:
      return undefined
  }
}
