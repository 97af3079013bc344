// Keys that are known, but not where they stand: the section next to it, or the one around it, has them. Pure.

import { externalKeys, programKeys, scriptKeys } from './gateway-schema.ts'
import { isMap } from './plain-map.ts'
import { applicationLimits } from './process-schema.ts'
import { targetOptions } from './schema.ts'
import { targetKeys } from './target-kind.ts'

interface Misplaced {
  /** '' where nothing is to be said of it. */
  readonly message: string
  readonly hint: string
  /** The key of the section that is not missing then. */
  readonly meant?: string
}

/** A key that the section does not know, and where it stands. */
interface Unknown {
  readonly key: string
  readonly value: unknown
  /** As section() of leaf.ts calls it. */
  readonly section: string
  /** The key of the section itself: "fastcgi", or the name of an application. */
  readonly around: string
  /** All keys that the section does not know. */
  readonly beside: readonly string[]
}

const limitKeys = Object.keys(applicationLimits.shape)

/** Undefined for a key that belongs nowhere near. */
export function misplacedKey(unknown: Unknown): Misplaced | undefined {
  const { key, section, around } = unknown
  switch (section) {
    case 'application that is started':
      return inLimits(key) ?? besideAddress(unknown) ?? besideWire(key, around)
    case 'application at an address':
      return besideCommand(unknown) ?? besideWire(key, around)
    case 'application':
      return inMount(unknown) ?? inLimits(key)
    case 'application in place':
      return inLimits(key)
    case 'fastcgi':
    case 'scgi':
    case 'uwsgi':
      return insideWire(key, section)
    default:
      return undefined
  }
}

/** Only what is called as WSGI has a name of its own to be mounted by. */
function inMount({ key, value, around, beside }: Unknown): Misplaced | undefined {
  const kind = beside.find((one) => targetKeys.includes(one))
  if (kind === undefined) return undefined
  // What is said of it goes there with it.
  if (kind !== key) return { message: '', hint: '' }
  const written = typeof value === 'string' ? `"${value}"` : '...'
  const message = `"${key}" belongs in a mount: "applications" are those that speak WSGI`
  return { message, hint: `Write mounts: { /${around}: { ${key}: ${written} } }`, meant: 'wsgi' }
}

function inLimits(key: string): Misplaced | undefined {
  if (!limitKeys.includes(key)) return undefined
  return { message: `"${key}" belongs in "limits"`, hint: `Write limits: { ${key}: ... }` }
}

function besideAddress({ key, around }: Unknown): Misplaced | undefined {
  if (key === 'address') {
    const hint = 'Name the address of one that runs, or the command that starts one'
    return { message: '"address" and "command" stand in one application', hint }
  }
  if (!externalKeys.includes(key)) return undefined
  const message = `"${key}" is for an application at an address, and this one is started`
  return { message, hint: `Remove it, or write ${around}: { address: ..., ${key}: ... }` }
}

function besideCommand({ key, value }: Unknown): Misplaced | undefined {
  if (key === 'limits') {
    const inside = isMap(value) ? Object.keys(value).filter((one) => externalKeys.includes(one)) : []
    const [first = 'request_time', ...rest] = inside
    const hint = `Write beside it: ${[first, ...rest].map((one) => `${one}: ...`).join(', ')}`
    return { message: 'an application at an address has its limits beside "address", not in "limits"', hint }
  }
  if (!programKeys.includes(key)) return undefined
  const message = `"${key}" is for an application that is started with "command", and this one is at an address`
  return { message, hint: 'Remove it: whoever keeps the application says that' }
}

function besideWire(key: string, wire: string): Misplaced | undefined {
  const isOfScripts = wire === 'fastcgi' && scriptKeys.includes(key)
  if (!isOfScripts && !targetOptions.includes(key)) return undefined
  return {
    message: `"${key}" belongs beside "${wire}", not inside`,
    hint: `Write { ${wire}: ..., ${key}: ... }`,
  }
}

function insideWire(key: string, wire: string): Misplaced | undefined {
  // No program is started for uwsgi.
  const ofPrograms = wire === 'uwsgi' ? [] : programKeys
  const first = externalKeys.includes(key) ? 'address' : ofPrograms.includes(key) ? 'command' : undefined
  if (first === undefined) return undefined
  const written = first === key ? `${key}: ...` : `${first}: ..., ${key}: ...`
  return { message: `"${key}" belongs inside "${wire}"`, hint: `Write ${wire}: { ${written} }` }
}
