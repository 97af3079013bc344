// The listeners: from the file or from flags, unix paths made absolute, no address twice.

import { resolve } from 'node:path'
import { maxSocketPathBytes, parseAddress } from '../schema/address.ts'
import { defaultBacklog, defaultListen } from './defaults.ts'
import type { Listen } from './effective.ts'
import type { Findings } from './findings.ts'
import { placeOf, within } from './findings.ts'
import type { WrittenFile } from './schema.ts'

export interface ListenRequest {
  readonly written: WrittenFile['listen']
  readonly flags: readonly Listen[] | undefined
  readonly directory: string
  readonly cwd: string
  /** True when the file gives `listen` as a list, so that positions have an index. */
  readonly isList: boolean
}

export function resolveListen(request: ListenRequest, findings: Findings): readonly Listen[] {
  const { written, flags, directory, cwd, isList } = request
  const place = placeOf('listen')
  const listeners: { listen: Listen; base: string; source: typeof place }[] = []
  if (flags !== undefined) {
    for (const [index, listen] of flags.entries()) {
      note(findings, index, 'flag --listen', 'default')
      listeners.push({ listen, base: cwd, source: place })
    }
  } else if (written === null || written === undefined) {
    note(findings, 0, 'default', 'default')
    return [defaultListener()]
  } else {
    for (const [index, entry] of written.entries()) {
      const source = { setting: ['listen', index], source: isList ? ['listen', index] : ['listen'] }
      const parts = 'address' in entry ? entry.address : entry
      const backlog = 'address' in entry ? entry.backlog : undefined
      findings.note({ setting: ['listen', index, 'address'], source: source.source })
      const size = findings.pick(backlog, defaultBacklog, within(source, 'backlog'))
      const { written: address, kind, host, port, path } = parts
      listeners.push({ listen: { address, kind, host, port, path, backlog: size }, base: directory, source })
    }
    if (written.length === 0)
      findings.error(place, 'the list of listeners is empty', `Write for example ${defaultListen}`, 'key')
  }
  const seen = new Map<string, string>()
  return listeners.map(({ listen, base, source }) => {
    const absolute = listen.kind === 'unix' ? { ...listen, path: resolve(base, listen.path) } : listen
    const key = `${absolute.host.toLowerCase()}|${absolute.port}|${absolute.path}`
    const before = seen.get(key)
    const free = absolute.kind === 'tcp' && absolute.port === 0
    if (before !== undefined && !free) {
      findings.error(
        source,
        `"${listen.address}" is the same address as "${before}"`,
        'Remove one of the two',
      )
    }
    seen.set(key, listen.address)
    if (Buffer.byteLength(absolute.path) > maxSocketPathBytes) {
      findings.error(
        source,
        `the path of the socket "${absolute.path}" is too long`,
        `At most ${maxSocketPathBytes} octets fit`,
      )
    }
    return absolute
  })
}

function note(findings: Findings, index: number, address: string, backlog: string): void {
  findings.note(placeOf('listen', index, 'address'), address)
  findings.note(placeOf('listen', index, 'backlog'), backlog)
}

function defaultListener(): Listen {
  const parsed = parseAddress(defaultListen)
  if (parsed.kind === 'bad') throw new Error(parsed.why)
  const { kind, host, port, path } = parsed.address
  return { address: defaultListen, kind, host, port, path, backlog: defaultBacklog }
}
