// Whether the system can execute a file, looked at before it is asked to: a shell that cannot execute a script runs it as one
// of its own, and the kernel has one number for many causes.

import { constants, statSync } from 'node:fs'
import {
  carriageReturn,
  firstLine,
  hasCarriageReturn,
  interpreterOf,
  startOf,
} from '../process/system/first-line.ts'
import { closedDirectory, mayAccess, whoWeAre } from './closed-directory.ts'
import { mountsWithoutExec } from './mounts.ts'
import { octets, readable } from './octets.ts'
import { otherFormats } from './other-formats.ts'
import { cannotExecute, notFound, Unrunnable } from './unrunnable.ts'

/** The head of an ELF program names its machine and its loader; both stand within this many octets. */
const headBytes = 4096
const elf = '\x7fELF'
const byteOrderMark = '\xef\xbb\xbf'
/** e_machine of ELF, by the name that Node has for ours. */
const machines: Readonly<Record<string, readonly number[]>> = {
  ia32: [3],
  arm: [40],
  x64: [62, 3],
  arm64: [183, 40],
  riscv64: [243],
}

/** Throws Unrunnable. */
export function checkExecutable(path: string): void {
  const name = `Script "${readable(path)}"`
  if (!mayAccess(path, constants.F_OK)) {
    if (isThere(path)) throw new Unrunnable(cannotExecute, `${name} cannot be executed: ${notAllowed(path)}`)
    throw new Unrunnable(notFound, `${name} does not exist`)
  }
  if (!mayAccess(path, constants.X_OK))
    throw new Unrunnable(cannotExecute, `${name} cannot be executed: ${notAllowed(path)}`)
  const head = startOf(octets(path), headBytes)
  // What may be executed and not be read is a program, which says the rest itself.
  if (head === undefined) return
  const line = firstLine(octets(path))
  if (head.startsWith('#!')) checkInterpreter(path, name, line)
  else if (!isFormatKnown(path, head))
    throw new Unrunnable(cannotExecute, `${name} cannot be executed: ${noFormat(path, head)}`)
  else if (head.startsWith(elf)) checkLoader(name, head)
}

function checkInterpreter(path: string, name: string, line: string): void {
  const interpreter = interpreterOf(line)
  if (interpreter === undefined)
    throw new Unrunnable(cannotExecute, `${name} cannot be executed: ${noFormat(path, '')}`)
  // One with a relative path is looked for in the directory of the script, which only the kernel does.
  if (!interpreter.startsWith('/') || mayAccess(interpreter, constants.X_OK)) return
  const shown = readable(interpreter)
  if (mayAccess(interpreter, constants.F_OK)) {
    const why = `its first line names "${shown}", which ${whoWeAre()} may not execute`
    throw new Unrunnable(cannotExecute, `${name} cannot be executed: ${why}`)
  }
  const why = hasCarriageReturn(line)
    ? carriageReturn(readable(path))
    : `its first line names "${shown}", which does not exist; correct it or install that`
  throw new Unrunnable(notFound, `${name} cannot be executed: ${why}`)
}

function isFormatKnown(path: string, head: string): boolean {
  if (head.startsWith(elf)) {
    const little = head.charCodeAt(5) === 1
    const [first, second] = [head.charCodeAt(18), head.charCodeAt(19)]
    const machine = little ? first + 256 * second : 256 * first + second
    const own = machines[process.arch]
    if (own === undefined || own.includes(machine)) return true
  } else if (process.platform !== 'linux') return true // other systems have formats of their own
  return otherFormats().some((format) => format.takes(path, head))
}

function checkLoader(name: string, head: string): void {
  // Whatever stands before it: with Nix and Guix it is the directory of a package.
  const loader = /\0(\/[^\0]*\/ld[^\0/]*\.so[^\0/]*)\0/.exec(head)?.[1]
  if (loader === undefined || mayAccess(loader, constants.F_OK)) return
  const why = 'the dynamic loader it was linked for is not installed; build it for this system'
  throw new Unrunnable(notFound, `${name} cannot be executed: ${why}`)
}

function noFormat(path: string, head: string): string {
  if (head.startsWith(elf)) return 'it is a program for another kind of processor; build it for this system'
  if (head.startsWith(byteOrderMark))
    return 'it begins with a byte order mark in front of "#!"; save it without one'
  return `it has no "#!" line that says what runs it; add one, such as ${usualLine(path)}`
}

function usualLine(path: string): string {
  if (path.endsWith('.py')) return '#!/usr/bin/python3'
  return path.endsWith('.pl') ? '#!/usr/bin/perl' : '#!/bin/sh'
}

function notAllowed(path: string): string {
  if (!isThere(path)) return closedDirectory(path)
  const { mode } = statSync(octets(path))
  if ((mode & 0o111) === 0) return `it has no execute permission; allow it with chmod +x "${readable(path)}"`
  if (mountsWithoutExec(path))
    return 'its file system is mounted with noexec; move it, or mount that without noexec'
  return `${whoWeAre()} has no execute permission; allow it with chmod`
}

function isThere(path: string): boolean {
  try {
    return statSync(octets(path), { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
