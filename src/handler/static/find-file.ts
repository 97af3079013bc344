// From a path info to the file that answers it: the file itself, the index of a directory, or the fallback.
// Names are tried one after the other and only "no such file" leads to the next.

import {
  closeQuietly,
  type NotOpened,
  type OpenDirectory,
  type OpenFile,
  openDirectory,
  openFile,
} from './open-file.ts'
import type { Root } from './root.ts'

export interface FindOptions {
  /** File names tried in a directory, in order. */
  readonly index: readonly string[]
  /** A path below the root, from '/', that answers what does not exist; or null. ByteStrings, both. */
  readonly fallback: string | null
  /** A directory without an index is itself an answer. */
  readonly listing: boolean
}

/** `redirect`: a directory that has an index or is listed, asked for without its slash. */
export type Found = OpenFile | OpenDirectory | NotOpened | { readonly kind: 'redirect' }

/** @param byFallback it answers for what does not exist */
type FoundIt = (found: Found, byFallback: boolean) => void

/** Finds the answer for a path info that refusedName has let through. */
export function findFile(root: Root, options: FindOptions, pathInfo: string, done: FoundIt): void {
  const orFallback = (found: Found) => {
    if (found.kind === 'missing') openFallback(root, options, done)
    else done(found, false)
  }
  const directory = () => {
    findIndex(root, options, `${pathInfo}/`, 0, (found) =>
      orFallback(found.kind === 'file' || found.kind === 'listing' ? toRedirect(found) : found),
    )
  }
  if (pathInfo.endsWith('/')) {
    findIndex(root, options, pathInfo, 0, orFallback)
  } else if (pathInfo === '') {
    // The mount's own prefix without a slash.
    directory()
  } else {
    openFile(root, pathInfo, (opened) => {
      if (opened.kind === 'directory') directory()
      else orFallback(opened)
    })
  }
}

/** A directory without anything to show gets no slash: it may share its name with a page of the next candidate. */
function toRedirect(found: OpenFile | OpenDirectory): Found {
  closeQuietly(found.fd)
  return { kind: 'redirect' }
}

function findIndex(
  root: Root,
  options: FindOptions,
  directory: string,
  at: number,
  done: (found: Found) => void,
): void {
  const name = options.index[at]
  if (name === undefined) {
    if (options.listing) openDirectory(root, directory.slice(0, -1), done)
    else done({ kind: 'missing' })
    return
  }
  openFile(root, directory + name, (opened) => {
    if (opened.kind === 'missing' || opened.kind === 'directory')
      findIndex(root, options, directory, at + 1, done)
    else done(opened)
  })
}

function openFallback(root: Root, options: FindOptions, done: FoundIt): void {
  if (options.fallback === null) {
    done({ kind: 'missing' }, false)
    return
  }
  openFile(root, options.fallback, (opened) => {
    done(opened.kind === 'directory' ? { kind: 'missing' } : opened, true)
  })
}
