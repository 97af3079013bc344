// The listeners: from the file or from flags, unix paths made absolute, no address twice.

import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { formatIp, parseIp } from '../ip-address.ts'
import { maxSocketPathBytes, parseAddress } from '../schema/address.ts'
import { defaultBacklog, defaultListen } from './defaults.ts'
import type { Listen } from './effective.ts'
import type { Findings, Place } from './findings.ts'
import { placeOf, within } from './findings.ts'
import type { WrittenAddress, WrittenFile, WrittenListener } from './schema.ts'
import { resolveSocketAccess } from './socket-access.ts'
import type { Surroundings } from './surroundings.ts'

export interface ListenRequest {
  readonly written: WrittenFile['listen']
  readonly flags: readonly WrittenAddress[] | undefined
  readonly directory: string
  readonly surroundings: Surroundings
  /** True when the file gives `listen` as a list, so that positions have an index. */
  readonly isList: boolean
}

export function resolveListen(request: ListenRequest, findings: Findings): readonly Listen[] {
  const { written, flags, directory, surroundings, isList } = request
  const place = placeOf('listen')
  const resolveOne = (entry: WrittenListener, at: Place, base: string): Listen => {
    const { written: address, kind, host, port, path } = entry.address
    const backlog = findings.pick(entry.backlog, defaultBacklog, within(at, 'backlog'))
    const absolute = kind === 'unix' ? resolve(base, path) : path
    checkPath(absolute, at, findings)
    const access = resolveSocketAccess(entry, at, surroundings, findings)
    const proxy_protocol = findings.pick(entry.proxy_protocol, false, within(at, 'proxy_protocol'))
    return { address, kind, host, port, path: absolute, backlog, ...access, proxy_protocol }
  }
  if (flags !== undefined || written === null || written === undefined) {
    const origin = flags === undefined ? 'default' : 'flag --listen'
    const listeners = (flags ?? [defaultAddress()]).map((address, index) => {
      const listen = resolveOne({ address }, placeOf('listen', index), surroundings.cwd)
      findings.note(placeOf('listen', index, 'address'), origin)
      return { listen, at: place }
    })
    return withoutOverlap(listeners, findings)
  }
  if (written.length === 0)
    findings.error(place, 'the list of listeners is empty', `Write for example ${defaultListen}`, 'key')
  const listeners = written.map((entry, index) => {
    const at = { setting: ['listen', index], source: isList ? ['listen', index] : ['listen'] }
    findings.note({ setting: ['listen', index, 'address'], source: at.source })
    return { listen: resolveOne('address' in entry ? entry : { address: entry }, at, directory), at }
  })
  return withoutOverlap(listeners, findings)
}

function checkPath(path: string, at: Place, findings: Findings): void {
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return
  findings.error(
    at,
    `the path of the socket "${path}" is too long`,
    `At most ${maxSocketPathBytes} octets fit`,
  )
}

interface Placed {
  readonly listen: Listen
  readonly at: Place
}

/** Two sockets that would take each other's connections: the system binds them and refuses the second one later. */
function withoutOverlap(placed: readonly Placed[], findings: Findings): readonly Listen[] {
  for (const [index, { listen, at }] of placed.entries()) {
    const before = placed.slice(0, index).find((other) => overlap(other.listen, listen))
    if (before === undefined) continue
    const same = before.listen.path === listen.path && hostOf(before.listen) === hostOf(listen)
    findings.error(
      at,
      `"${listen.address}" ${same ? 'is the same address as' : 'overlaps with'} "${before.listen.address}"`,
      same ? 'Remove one of the two' : 'One of the two takes the connections of both: remove the other',
    )
  }
  return placed.map(({ listen }) => listen)
}

function overlap(one: Listen, other: Listen): boolean {
  if (one.kind !== other.kind) return false
  if (one.kind === 'unix') return one.path === other.path
  if (one.port !== other.port || one.port === 0) return false
  const hosts = [hostOf(one), hostOf(other)] as const
  const [a, b] = hosts
  if (a === b || hosts.includes('')) return true
  if (isIPv6(a) !== isIPv6(b)) return false
  return hosts.includes('0.0.0.0') || hosts.includes('::')
}

function hostOf({ host }: Listen): string {
  const octets = parseIp(host)
  return octets === undefined || !isIPv6(host) ? host.toLowerCase() : formatIp(octets)
}

function defaultAddress(): WrittenAddress {
  const parsed = parseAddress(defaultListen)
  if (parsed.kind === 'bad') throw new Error(parsed.why)
  return { written: defaultListen, ...parsed.address }
}
