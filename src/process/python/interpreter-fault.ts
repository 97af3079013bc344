// What is wrong with an interpreter, as far as its files tell: nothing is run. A virtual environment whose base has
// gone, a program for another machine, a file that is no interpreter, a PYTHONHOME of another Python.

import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

export interface InterpreterFault {
  /** A sentence without a full stop. */
  readonly why: string
  /** What to do. */
  readonly hint: string
  /** It runs all the same, but hardly as it is meant to. */
  readonly runs?: true
}

/** How long an interpreter may take to say what it is, milliseconds. */
export const askMs = 15_000
const oldest = [3, 8] as const
/** The oldest Python that runs a worker. */
export const oldestPython = oldest.join('.')

export function isTooOld(major: number, minor: number): boolean {
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1])
}

/** The head of a program names its machine and its loader; both stand within this many octets. */
const programHeadBytes = 4096
/** As deep as the kernel follows links. */
const maxLinks = 40
/** e_machine of ELF, by the name that Node has for it. */
const machines: Readonly<Record<number, string>> = {
  3: 'ia32',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
}
/** What Python says when it cannot find its standard library. */
const noLibrary =
  /No module named '?encodings|Could not find platform independent libraries|codec of the filesystem encoding/

/** Of a link that leads nowhere, as a virtual environment has one when its base was removed; else undefined. */
export function danglingInterpreter(path: string): InterpreterFault | undefined {
  let here = path
  for (let count = 0; count < maxLinks; count++) {
    const target = linkTarget(here)
    if (target === undefined) break
    here = resolve(dirname(here), target)
  }
  if (here === path || existsSync(here)) return undefined
  const venv = venvOf(path)
  if (venv === undefined) {
    return {
      why: `"${path}" is a link to "${here}", which does not exist`,
      hint: 'Name an interpreter that exists',
    }
  }
  return {
    why: `the virtual environment "${venv}" needs "${here}", which does not exist: that Python was removed or upgraded, or the environment comes from another machine`,
    hint: makeAgain(venv),
  }
}

/**
 * Why an interpreter that did not start may not have; undefined when its files show nothing.
 * `said` is what it wrote, `environment` what it was started with.
 */
export function interpreterFault(
  path: string,
  said: string,
  environment: Readonly<Record<string, string | undefined>>,
): InterpreterFault | undefined {
  const broken = danglingInterpreter(path) ?? wrongProgram(path)
  if (broken !== undefined) return broken
  if (noLibrary.test(said)) return withoutLibrary(path, environment)
  const program = basename(realPath(path))
  if (/python|pypy/i.test(program) || said.includes('Traceback (most recent call last)')) return undefined
  return {
    why: `"${path}" does not behave like Python; it is the program "${program}"`,
    hint: 'Set python: to a Python interpreter or to a virtual environment',
  }
}

function withoutLibrary(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): InterpreterFault {
  if (environment.PYTHONHOME) {
    return {
      why: `"${path}" cannot find its standard library: PYTHONHOME sends it to "${environment.PYTHONHOME}"`,
      hint: 'Remove PYTHONHOME from "environment" of the application; "python" alone says which interpreter',
    }
  }
  const venv = venvOf(path)
  const home = venv === undefined ? undefined : venvSetting(venv, 'home')
  if (venv !== undefined && home !== undefined && !existsSync(home)) {
    return {
      why: `"${path}" cannot find its standard library: "home" in "${join(venv, 'pyvenv.cfg')}" is "${home}", which does not exist`,
      hint: makeAgain(venv),
    }
  }
  return {
    why: `"${path}" cannot find its standard library ("No module named 'encodings'")`,
    hint:
      venv === undefined
        ? 'That Python is damaged or was moved: install it again, or set python: to another'
        : makeAgain(venv),
  }
}

/** A file that this machine cannot execute. */
function wrongProgram(path: string): InterpreterFault | undefined {
  const head = headOf(path)
  if (head === undefined) return undefined
  const start = head.toString('latin1')
  const name = 'Set python: to an interpreter or to a virtual environment'
  if (start.startsWith('#!')) {
    const program = /^#!\s*(\S+)/.exec(start)?.[1] ?? ''
    if (program === '' || existsSync(program)) return undefined
    return {
      why: `"${path}" is a script whose first line names "${program}", which does not exist`,
      hint: `${name}; scripts in an environment that was copied or moved still name the old place`,
    }
  }
  if (!start.startsWith('\x7fELF')) {
    // Programs of other systems have other heads, and are not looked into.
    return process.platform === 'linux'
      ? { why: `"${path}" is not a program that this machine can run`, hint: name }
      : undefined
  }
  const littleEndian = head[5] === 1
  const code = head.length < 20 ? 0 : littleEndian ? head.readUInt16LE(18) : head.readUInt16BE(18)
  const machine = machines[code] ?? `machine ${code}`
  if (machine !== process.arch) {
    return {
      why: `"${path}" is a program for ${machine}, but this machine is ${process.arch}`,
      hint: `${name} that was made on this machine`,
    }
  }
  const loader = /\/lib[\w./-]*\/ld[\w.-]*\.so[\w.]*/.exec(start)?.[0]
  if (loader === undefined || existsSync(loader)) return undefined
  return {
    why: `"${path}" needs the loader "${loader}", which this system does not have`,
    hint: `${name} that was made for this system`,
  }
}

/** The virtual environment that a path in its bin directory belongs to. */
export function venvOf(path: string): string | undefined {
  const directory = dirname(dirname(path))
  return existsSync(join(directory, 'pyvenv.cfg')) ? directory : undefined
}

/** A value of pyvenv.cfg. */
export function venvSetting(venv: string, key: string): string | undefined {
  try {
    const text = readFileSync(join(venv, 'pyvenv.cfg'), 'utf8')
    return new RegExp(`^${key}\\s*=\\s*(.*?)\\s*$`, 'm').exec(text)?.[1]
  } catch {
    return undefined
  }
}

/** How a virtual environment is repaired. */
export function makeAgain(venv: string): string {
  return `Make it again: python3 -m venv --clear ${venv}, then install its packages again`
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function headOf(path: string): Buffer | undefined {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const head = Buffer.alloc(programHeadBytes)
      return head.subarray(0, readSync(descriptor, head, 0, programHeadBytes, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}
