// The trusted proxies: a list of addresses, or a map with that list and the fields that decide.

import { defaultProxies } from './defaults.ts'
import type { Listen, TrustedProxies } from './effective.ts'
import { type Findings, type Place, placeOf, within } from './findings.ts'
import type { WrittenFile } from './schema.ts'

/** @param raw the source as it was read, to tell where the addresses stand in it */
export function resolveProxies(
  written: WrittenFile['trusted_proxies'],
  raw: unknown,
  findings: Findings,
): TrustedProxies {
  const place = placeOf('trusted_proxies')
  const map = isMap(written) ? written : undefined
  const list = isMap(written) ? written.addresses : written
  const inSource = map === undefined ? place.source : within(place, 'addresses').source
  const addressPlace: Place = { setting: within(place, 'addresses').setting, source: inSource }
  const addresses = findings.pick(list, defaultProxies.addresses, addressPlace)
  const isList = Array.isArray(inSource.reduce(member, raw))
  for (const [index, address] of addresses.entries()) {
    if (!address.endsWith('/0')) continue
    findings.warning(
      isList ? within(addressPlace, index) : addressPlace,
      `"${address}" trusts everybody: each client can say that it comes from any address, by https or not`,
      'Name the addresses of your proxies only',
    )
  }
  return {
    addresses,
    fields: findings.pick(map?.fields, defaultProxies.fields, within(place, 'fields')),
  }
}

/** Nobody could connect to a listener with the PROXY protocol whose proxies are not named. */
export function checkProxyProtocol(
  listen: readonly Listen[],
  { addresses }: TrustedProxies,
  isList: boolean,
  findings: Findings,
): void {
  for (const [index, { address, kind, proxy_protocol }] of listen.entries()) {
    const named = addresses.some((one) => (one === 'unix') === (kind === 'unix'))
    if (!proxy_protocol || named) continue
    const place = placeOf(...(isList ? ['listen', index] : ['listen']), 'proxy_protocol')
    const example = kind === 'unix' ? 'unix' : '127.0.0.1'
    findings.error(
      place,
      `nobody could connect to "${address}": with the PROXY protocol only trusted proxies may`,
      `Name the proxy, for example trusted_proxies: [${example}]`,
    )
  }
}

type Written = NonNullable<WrittenFile['trusted_proxies']>

function isMap(
  written: Written | null | undefined,
): written is Extract<Written, { readonly addresses: unknown }> {
  return written !== null && written !== undefined && !Array.isArray(written)
}

function member(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
