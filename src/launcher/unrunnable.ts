// Why a script is not run: what the FastCGI answer and the log say of it.

import { getSystemErrorMap } from 'node:util'
import { readable } from './octets.ts'

/** Application statuses of a script that is not there, and of one that cannot be executed: the exit codes of a shell. */
export const notFound = 127
export const cannotExecute = 126

/** A request that is refused; `status` is its application status, `message` is for the log. */
export class Unrunnable extends Error {
  readonly status: number

  constructor(status: number, sentence: string) {
    super(sentence)
    this.status = status
  }
}

/** No process can be had now (FastCGI: OVERLOADED); a later request may succeed. */
export class NoRoom extends Error {
  constructor(path: string, why: unknown) {
    const hint = 'raise the limits on processes, memory and open files, or lower "concurrency"'
    super(`Cannot start script "${readable(path)}": ${inWords(why)}; ${hint}`)
  }
}

const noRoomCodes: ReadonlySet<unknown> = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'])

/** The system has no room for it now. */
export function isNoRoom(error: unknown): boolean {
  return noRoomCodes.has(codeOf(error))
}

/** What a program that was to start a script could not be started for. */
export function notStarted(path: string, error: unknown): Unrunnable | NoRoom {
  if (isNoRoom(error)) return new NoRoom(path, error)
  return new Unrunnable(cannotExecute, `Script "${readable(path)}" cannot be executed: ${inWords(error)}`)
}

/** As strerror(3) has it: 'No such file or directory'. */
export function inWords(error: unknown): string {
  const number = error instanceof Error && 'errno' in error ? error.errno : undefined
  const words = typeof number === 'number' ? getSystemErrorMap().get(number)?.[1] : undefined
  if (words !== undefined) return words.charAt(0).toUpperCase() + words.slice(1)
  return error instanceof Error ? error.message : String(error)
}

/** 'ENOENT' and so on. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
