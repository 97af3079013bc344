// Opens one name below the root so that nothing found there can hurt: a FIFO does not block, a terminal does not become
// ours, and only a regular file inside the root comes out. Knows nothing of HTTP but the two statuses of a refusal.

import { type BigIntStats, close, constants, fstat, open, stat } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import type { Root } from './root.ts'

/** A regular file; whoever gets it closes the descriptor. */
export interface OpenFile {
  readonly kind: 'file'
  readonly fd: number
  readonly stats: BigIntStats
  /** The path below the root that was opened; a ByteString. */
  readonly name: string
}

/** A directory; whoever gets it closes the descriptor. */
export interface OpenDirectory {
  readonly kind: 'listing'
  readonly fd: number
  /** The path below the root, without a slash at its end: '' is the root itself. A ByteString. */
  readonly name: string
}

export type Opened = OpenFile | { readonly kind: 'directory' } | NotOpened

export type NotOpened =
  /** No such file: the one outcome that lets others answer. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly status: 403 | 404; readonly why: string }
  | { readonly kind: 'failed'; readonly failure: PorticoError }

// libuv adds O_CLOEXEC to every open; the constant is not exported by node:fs.
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

const directoryFlags = flags | constants.O_DIRECTORY

/** Closes a descriptor that nobody will use again; there is nothing to do about a failure. */
export function closeQuietly(fd: number): void {
  close(fd, () => {})
}

/** Opens `name` (a ByteString from '/', without NUL) below the root. */
export function openFile(root: Root, name: string, done: (opened: Opened) => void): void {
  open(root.nameOf(name), flags, (error, fd) => {
    if (error !== null) return explain(root, name, error, done)
    fstat(fd, { bigint: true }, (failure, stats) => {
      if (failure !== null) return closeAnd(fd, done, openFailure(name, failure))
      if (stats.isDirectory()) return closeAnd(fd, done, { kind: 'directory' })
      if (!stats.isFile()) return closeAnd(fd, done, refused(404, 'it is not a regular file'))
      root.refusal(fd, name, stats, (why) => {
        if (why === undefined) return done({ kind: 'file', fd, stats, name })
        closeAnd(fd, done, refused(404, why))
      })
    })
  })
}

/** Opens a directory below the root, `name` as in OpenDirectory. */
export function openDirectory(
  root: Root,
  name: string,
  done: (opened: OpenDirectory | NotOpened) => void,
): void {
  open(root.nameOf(`${name}/`), directoryFlags, (error, fd) => {
    if (error !== null) return done(openFailure(name, error))
    fstat(fd, { bigint: true }, (failure, stats) => {
      if (failure !== null) return closeAnd(fd, done, openFailure(name, failure))
      root.refusal(fd, name, stats, (why) => {
        if (why === undefined) return done({ kind: 'listing', fd, name })
        closeAnd(fd, done, refused(404, why))
      })
    })
  })
}

function closeAnd<T>(fd: number, done: (opened: T) => void, opened: T): void {
  closeQuietly(fd)
  done(opened)
}

function refused(status: 403 | 404, why: string): NotOpened {
  return { kind: 'refused', status, why }
}

/** A directory that may be entered but not read (mode 0711) refuses to be opened and is one all the same. */
function explain(
  root: Root,
  name: string,
  error: NodeJS.ErrnoException,
  done: (opened: Opened) => void,
): void {
  if (error.code !== 'EACCES') {
    done(openFailure(name, error))
    return
  }
  stat(root.nameOf(name), (failure, stats) => {
    done(failure === null && stats.isDirectory() ? { kind: 'directory' } : openFailure(name, error))
  })
}

/** What an error of the file system means for the request. */
export function openFailure(name: string, error: NodeJS.ErrnoException): NotOpened {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return { kind: 'missing' }
    case 'EACCES':
    case 'EPERM':
      return refused(403, `the permissions of the file or of a directory above it forbid it (${error.code})`)
    case 'ELOOP':
      return refused(404, 'its symlinks lead in a circle')
    case 'ENXIO':
    case 'ENODEV':
      return refused(404, 'it is not a regular file')
    default: {
      const facts = { file: name, errno: error.code }
      const code = error.code === 'EMFILE' || error.code === 'ENFILE' ? 'E_DESCRIPTORS' : 'E_FILE_UNREADABLE'
      return { kind: 'failed', failure: new PorticoError(code, undefined, facts, error) }
    }
  }
}
