// The few native calls of embedded mode, through koffi: a socket pair, the start of an interpreter, and an end that
// waits for nobody. Everything else between Node and Python goes over sockets.

import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PorticoError } from '../../failure.ts'

/** Python's start runs deep; koffi gives a call 1 MiB of stack unless told otherwise. */
const stackBytes = 16 * 1024 * 1024
/** More than a PyPreConfig of any version takes, octets. */
const preConfigBytes = 512
const afUnix = 1
const sockStream = 1
/** SOCK_CLOEXEC, Linux. */
const closeOnExec = 0o2000000
const memfdCloseOnExec = 1
/** PROT_READ | PROT_WRITE, MAP_SHARED and MAP_FAILED of mmap(2). */
const readAndWrite = 3
const mapShared = 1
const mapFailed = -1

type Call = (...values: unknown[]) => unknown

interface Library {
  func(name: string, result: unknown, parameters: readonly string[]): Call
}

interface Koffi {
  load(path: string, options?: { readonly global?: boolean }): Library
  config(options: Readonly<Record<string, number>>): unknown
  struct(fields: Readonly<Record<string, string>>): unknown
  /** Memory at an address as an array buffer, which nobody frees. */
  view(address: unknown, bytes: number): ArrayBuffer
}

export interface InterpreterStart {
  /** Path of libpython. */
  readonly library: string
  /** Path of the interpreter it takes itself for; that of a virtual environment makes it that environment. */
  readonly program: string
  /** Source that is run once, on this thread; it must return. */
  readonly code: string
}

export interface SharedMemory {
  readonly descriptor: number
  readonly memory: ArrayBuffer
}

export interface Native {
  /** Two ends of a stream; closed on exec. */
  socketPair(): readonly [number, number]
  /** Memory that whoever has the descriptor can map; closed on exec, and never given back. Throws E_BACKEND_FAILED. */
  sharedMemory(bytes: number): SharedMemory
  /**
   * Starts the interpreter of this process; after that no Python runs on this thread any more.
   * Blocks for as long as that takes. Once a process; throws E_BACKEND_FAILED.
   */
  startInterpreter(start: InterpreterStart): void
  /** _exit(2): no handler of anybody runs. */
  exitNow(code: number): void
}

let loaded: Native | undefined

/** Loads koffi and the C library; throws E_BACKEND_FAILED saying what is missing. */
export function loadNative(): Native {
  loaded ??= makeNative()
  return loaded
}

function makeNative(): Native {
  const koffi = loadKoffi()
  koffi.config({ sync_stack_size: stackBytes, async_stack_size: stackBytes })
  const libc = koffi.load('libc.so.6')
  const socketpair = libc.func('socketpair', 'int', ['int', 'int', 'int', '_Out_ int *'])
  const exit = libc.func('_exit', 'void', ['int'])
  return {
    socketPair: () => {
      const ends = [-1, -1]
      if (socketpair(afUnix, sockStream | closeOnExec, 0, ends) !== 0) {
        throw new PorticoError('E_BACKEND_FAILED', 'Cannot make a socket pair: out of descriptors')
      }
      return [ends[0] as number, ends[1] as number]
    },
    sharedMemory: (bytes) => sharedMemory(koffi, libc, bytes),
    startInterpreter: (start) => startInterpreter(koffi, start),
    exitNow: (code) => {
      exit(code)
    },
  }
}

function sharedMemory(koffi: Koffi, libc: Library, bytes: number): SharedMemory {
  const memfdCreate = libc.func('memfd_create', 'int', ['const char *', 'uint'])
  const ftruncate = libc.func('ftruncate', 'int', ['int', 'int64'])
  const mmap = libc.func('mmap', 'intptr', ['void *', 'size_t', 'int', 'int', 'int', 'int64'])
  const descriptor = memfdCreate('portico-lane', memfdCloseOnExec) as number
  const address =
    descriptor >= 0 && ftruncate(descriptor, bytes) === 0
      ? mmap(null, bytes, readAndWrite, mapShared, descriptor, 0)
      : mapFailed
  if (Number(address) === mapFailed) {
    if (descriptor >= 0) closeSync(descriptor)
    throw new PorticoError('E_BACKEND_FAILED', 'Cannot share memory (memfd_create, ftruncate or mmap failed)')
  }
  return { descriptor, memory: koffi.view(BigInt(address as number), bytes) }
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new PorticoError(
      'E_BACKEND_FAILED',
      `Embedded mode needs the package koffi, which cannot be loaded: ${why}`,
      {},
      error,
    )
  }
}

function startInterpreter(koffi: Koffi, { library, program, code }: InterpreterStart): void {
  let python: Library
  try {
    // Global, because C extensions look for its symbols without naming it (RTLD_GLOBAL of dlopen(3)).
    python = koffi.load(library, { global: true })
  } catch (error) {
    throw new PorticoError('E_BACKEND_FAILED', `Cannot load "${library}"`, {}, error)
  }
  preInitialize(koffi, python)
  const decode = python.func('Py_DecodeLocale', 'void *', ['const char *', 'void *'])
  const setProgramName = python.func('Py_SetProgramName', 'void', ['void *'])
  const initialize = python.func('Py_InitializeEx', 'void', ['int'])
  const run = python.func('PyRun_SimpleString', 'int', ['const char *'])
  const saveThread = python.func('PyEval_SaveThread', 'void *', [])
  // Never freed: Python keeps the pointer.
  setProgramName(decode(program, null))
  // 0: no handlers for signals, which are Node's.
  initialize(0)
  const failed = run(code) !== 0
  saveThread()
  if (failed) throw new PorticoError('E_BACKEND_FAILED', 'The embedded interpreter could not be set up')
}

/** As the program python3 begins: without a locale, or with that of C, text and file names are UTF-8 (PEP 538, 540). */
function preInitialize(koffi: Koffi, python: Library): void {
  const status = koffi.struct({ type: 'int', func: 'const char *', message: 'const char *', code: 'int' })
  const config = Buffer.alloc(preConfigBytes)
  python.func('PyPreConfig_InitPythonConfig', 'void', ['void *'])(config)
  const { type, message } = python.func('Py_PreInitialize', status, ['void *'])(config) as PyStatus
  if (type !== 0) throw new PorticoError('E_BACKEND_FAILED', `Python does not begin: ${message ?? 'it ends'}`)
}

/** PyStatus of PEP 587; `type` 0 is success. */
interface PyStatus {
  readonly type: number
  readonly message: string | null
}
