// What stands at a path, in the words of problems. Follows symlinks; reads no file.

import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { suggest } from '../schema/suggest.ts'

export type OnDisk = 'file' | 'directory' | 'other' | 'missing' | 'denied'

export function onDisk(path: string): OnDisk {
  try {
    const found = statSync(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    return code === 'EACCES' ? 'denied' : 'missing'
  }
}

/** A sentence about why `path` is not the directory that is needed, or undefined when it is. */
export function notDirectory(path: string): string | undefined {
  const found = onDisk(path)
  if (found === 'missing') return `the directory "${path}" does not exist`
  if (found === 'denied') return `the directory "${path}" may not be entered by this user`
  return found === 'directory' ? undefined : `"${path}" is a file, but a directory is expected`
}

/** A sentence about why `path` is not the readable file that is needed, or undefined when it is. */
export function notFile(path: string): string | undefined {
  const found = onDisk(path)
  if (found === 'missing') return `the file "${path}" does not exist`
  if (found === 'directory') return `"${path}" is a directory, but a file is expected`
  if (found === 'other') return `"${path}" is a device, a pipe or a socket, but a file is expected`
  if (found === 'denied' || !allows(path, constants.R_OK))
    return `the file "${path}" may not be read by this user`
  return undefined
}

/** A sentence about why the file at `path` is more than may be read of it, or undefined when it is not. */
export function tooLarge(path: string, maxBytes: number): string | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return size > maxBytes ? `the file "${path}" has ${size} octets, and ${maxBytes} are the most` : undefined
}

/** The name beside a missing path that was most likely meant, spelled as `written` was. */
export function nearName(path: string, written = path): string | undefined {
  const near = nearest(basename(path), namesIn(dirname(path)))
  if (near === undefined) return undefined
  return written.includes('/') ? `${written.slice(0, written.lastIndexOf('/') + 1)}${near}` : near
}

/** An ending that both have makes no two names alike. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const ending = extname(name)
  const [alike, others] = [true, false].map((is) => names.filter((one) => (extname(one) === ending) === is))
  const stems = (alike ?? []).map((one) => basename(one, ending))
  const stem = suggest(basename(name, ending), stems)
  return stem === undefined ? suggest(name, others ?? []) : `${stem}${ending}`
}

/** "Did you mean ...? " for a missing path, or ''. */
export function didYouMean(path: string, written = path): string {
  const near = onDisk(path) === 'missing' ? nearName(path, written) : undefined
  return near === undefined ? '' : `Did you mean "${near}"? `
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
