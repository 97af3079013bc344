// What is in a directory, as far as it may be seen: the entries that a request for them would get, and nothing about others.
// The directory is open already, so it cannot be turned into another one meanwhile.

import type { Stats } from 'node:fs'
import { lstat, opendir, stat } from 'node:fs/promises'
import { refusedName } from './name.ts'
import type { OpenDirectory } from './open-file.ts'
import type { Root } from './root.ts'

export interface Entry {
  /** A ByteString without a slash; any octets but those that no file name holds. */
  readonly name: string
  readonly isDirectory: boolean
  readonly size: number
  readonly mtimeMs: number
}

export interface Listing {
  readonly entries: readonly Entry[]
  /** There are more entries than one page shows. */
  readonly isCut: boolean
}

/** A page with more helps nobody and costs memory and time. */
export const maxEntries = 2000
/** Names that are read in order to find the first of them; a directory with more is shown in part, in no order. */
const maxNames = 100_000
/** Entries that the file system is asked about at the same time. */
const atOnce = 16

/** Reads a directory; throws what the file system throws. */
export async function readListing(root: Root, directory: OpenDirectory, dotfiles: boolean): Promise<Listing> {
  // By its descriptor where there is /proc; a name may lead elsewhere by now.
  const place =
    process.platform === 'linux' ? Buffer.from(`/proc/self/fd/${directory.fd}`) : root.nameOf(directory.name)
  const { names, isCut } = await namesIn(place, dotfiles)
  const entries: Entry[] = []
  for (let at = 0; at < names.length; at += atOnce) {
    const some = names.slice(at, at + atOnce).map((name) => entryOf(root, directory.name, place, name))
    for (const entry of await Promise.all(some)) if (entry !== undefined) entries.push(entry)
  }
  return { entries, isCut }
}

async function namesIn(place: Buffer, dotfiles: boolean): Promise<{ names: string[]; isCut: boolean }> {
  const names: string[] = []
  // Typed for text, and true for any encoding.
  for await (const { name } of await opendir(place, { encoding: 'latin1' })) {
    if (refusedName(`/${name}`, dotfiles) !== undefined || (name.startsWith('.') && !dotfiles)) continue
    names.push(name)
    if (names.length === maxNames) break
  }
  const isCut = names.length > maxEntries
  return { names: isCut ? names.sort().slice(0, maxEntries) : names, isCut }
}

async function entryOf(root: Root, below: string, place: Buffer, name: string): Promise<Entry | undefined> {
  try {
    if (root.hides(`${below}/${name}`)) return undefined
    const path = Buffer.concat([place, Buffer.from(`/${name}`, 'latin1')])
    let found: Stats = await lstat(path)
    if (found.isSymbolicLink()) {
      if (!(await root.leadsInside(`${below}/${name}`))) return undefined
      found = await stat(path)
    }
    if (!found.isFile() && !found.isDirectory()) return undefined
    return { name, isDirectory: found.isDirectory(), size: found.size, mtimeMs: found.mtimeMs }
  } catch {
    // It has gone meanwhile, or nobody may look at it.
    return undefined
  }
}

export type SortKey = 'name' | 'size' | 'date'

export interface Order {
  readonly key: SortKey
  readonly isDescending: boolean
}

/** The order that a query asks for; by name when it asks for none. */
export function orderOf(query: string): Order {
  const found = /(?:^|&)sort=(name|size|date)(?:&|$)/.exec(query)?.[1]
  return { key: (found ?? 'name') as SortKey, isDescending: /(?:^|&)order=desc(?:&|$)/.test(query) }
}

const collator = new Intl.Collator('en', { numeric: true })

/** Directories first, then by the key; what is equal there by name. */
export function sorted(entries: readonly Entry[], { key, isDescending }: Order): readonly Entry[] {
  const named = entries.map((entry) => ({ entry, text: shownName(entry.name) }))
  const sign = isDescending ? -1 : 1
  named.sort((a, b) => {
    if (a.entry.isDirectory !== b.entry.isDirectory) return a.entry.isDirectory ? -1 : 1
    const byName = collator.compare(a.text, b.text) || (a.entry.name < b.entry.name ? -1 : 1)
    if (key === 'name') return sign * byName
    const difference =
      key === 'size' && !a.entry.isDirectory ? a.entry.size - b.entry.size : a.entry.mtimeMs - b.entry.mtimeMs
    return key === 'size' && a.entry.isDirectory ? byName : sign * difference || byName
  })
  return named.map(({ entry }) => entry)
}

/** Controls, and the marks that turn the direction of writing: a name must not change what stands around it. */
const invisible = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** A name (a ByteString) as people read it: UTF-8 where it is, and a sign for each octet or character that cannot be shown. */
export function shownName(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8')
  return text.replace(invisible, (sign) =>
    sign <= '\x1f' ? String.fromCharCode(0x2400 + sign.charCodeAt(0)) : '\ufffd',
  )
}
