// Socket files: does anybody answer behind one, and may it be removed?

import { lstatSync, unlinkSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { connect } from 'node:net'
import { Deadline } from '../deadline.ts'

/** The longest path of a unix socket, octets; the kernel's 108 less the NUL. */
export const socketPathBytes = 107

export type SocketFile =
  | { readonly kind: 'absent' }
  /** Nobody listens: its owner died. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'live' }
  /** Something that is no socket, or that we may not ask. */
  | { readonly kind: 'foreign'; readonly why: string }

const answerMs = 2000

/** Asks by connecting; the connection is closed at once. */
export async function examineSocketFile(path: string): Promise<SocketFile> {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined) return { kind: 'absent' }
    if (!found.isSocket()) return { kind: 'foreign', why: 'not-a-socket' }
  } catch (error) {
    return { kind: 'foreign', why: codeOf(error) }
  }
  const code = await tryConnect(path)
  switch (code) {
    case 'connected':
    // Its queue is full or it does not come to accept: somebody is there.
    case 'EAGAIN':
    case 'timeout':
      return { kind: 'live' }
    case 'ECONNREFUSED':
      return { kind: 'stale' }
    case 'ENOENT':
      return { kind: 'absent' }
    default:
      return { kind: 'foreign', why: code }
  }
}

/** Somebody has removed the file, or a directory above it: connections that are open go on, new ones find nobody. */
export async function isGone(path: string): Promise<boolean> {
  const code = await lstat(path).then(() => '', codeOf)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/**
 * Removes a socket file if it can; never fails, never follows a link. The directory may belong to an
 * application's user.
 */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Absent, or not ours to remove: who binds there next will say so.
  }
}

/**
 * Makes a socket file with `create`. It has its mode from the first moment: a chmod afterwards would follow a link that
 * the owner of the directory could have put in its place by then, and as root it would change any file of the machine.
 */
export function withMode<T>(mode: number, create: () => T): T {
  const before = process.umask(0o777 & ~mode)
  try {
    return create()
  } finally {
    process.umask(before)
  }
}

function tryConnect(path: string): Promise<string> {
  return new Promise((resolve) => {
    const deadline = new Deadline()
    const socket = connect({ path })
    const finish = (result: string): void => {
      deadline.clear()
      socket.destroy()
      resolve(result)
    }
    deadline.arm(answerMs, () => finish('timeout'))
    socket.on('connect', () => finish('connected'))
    socket.on('error', (error) => finish(codeOf(error)))
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
