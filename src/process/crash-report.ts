// What is said of a worker that ended unasked: how it ended and what that means, the requests that it held, the restarts
// and the next start, and the last stack of its threads. Pure.

import { type CodeFailure, describeExit, type Exit } from './messages.ts'

/** Why a worker was killed with SIGKILL, as far as it is known. */
export type MemoryEvidence =
  /** The kernel counted a kill for lack of memory just then. */
  | 'killed'
  /** It did not. */
  | 'not-killed'
  /** Nothing here counts. */
  | 'unknown'

export interface Crash {
  readonly application: string
  readonly worker: number
  readonly exit: Exit
  /** Why we ended it ourselves; '' when we did not. */
  readonly cause: string
  readonly memory: MemoryEvidence
  /** Ids of the requests it held; undefined when nobody has said. */
  readonly held: readonly string[] | undefined
  /** A program of somebody else that has had no request yet, only the connection that shows that it takes them. */
  readonly untried: boolean
  /** How often workers of this application have ended unasked, this time included. */
  readonly deaths: number
  /** Time to the next start in ms; undefined when this one is not replaced. */
  readonly retryMs: number | undefined
  /** The last stack of its threads; may be ''. */
  readonly stack: string
}

/** Ids named in one report. */
const mostNamed = 20

/** What signals say, of which a worker dies that nobody has sent them to. */
const signalMeanings: Readonly<Record<string, string>> = {
  SIGSEGV: 'code in C touched memory that it does not have',
  SIGBUS:
    'code in C touched memory that is not there any more: a mapped file that became shorter, or a full disk behind it',
  SIGFPE: 'code in C calculated what has no result, a division by zero for example',
  SIGILL: 'code in C has an instruction that this processor does not know; was it built for another?',
  SIGABRT: 'code in C gave up by itself',
}

const memoryMeanings: Readonly<Record<MemoryEvidence, string>> = {
  killed:
    'the kernel killed it for lack of memory; give the machine or its control group more, or set limits.memory',
  'not-killed': 'somebody sent that; the kernel has not counted a kill for lack of memory',
  unknown: 'somebody sent that, or memory was short: then the kernel log says so',
}

/** 'Worker 3 of application "shop" was killed by SIGSEGV: code in C touched ...' */
export function crashHeadline({ application, worker, exit, cause, memory }: Crash): string {
  const what = `Worker ${worker} of application "${application}" ${describeExit(exit)}`
  const meaning = cause === '' ? meaningOf(exit, memory) : cause
  return meaning === '' ? what : `${what}: ${meaning}`
}

/** The lines of the report behind its headline. `known`: it died like the one before, of which the stack was told. */
export function crashDetails(crash: Crash, known: boolean): readonly string[] {
  const { stack } = crash
  return [...heldLine(crash), startLine(crash), ...(known || stack === '' ? [] : [stack])]
}

/** Equal for deaths that look alike: numbers of threads differ each time, and so does what the other threads did. */
export function crashLikeness({ exit, cause, stack }: Crash): string {
  const crashed = /^Current thread .*(?:\n.+)*/m.exec(stack)?.[0] ?? stack
  return `${describeExit(exit)} ${cause} ${crashed.replace(/0x[0-9a-f]+/g, '')}`
}

/** What its author is shown when workers die again and again (--reload). */
export function crashStory(crash: Crash): CodeFailure {
  return {
    headline: 'The workers of this application end again and again',
    message: crashHeadline(crash),
    hint: startLine(crash),
    traceback: crash.stack,
  }
}

function meaningOf({ code, signal }: Exit, memory: MemoryEvidence): string {
  if (signal === 'SIGKILL') return memoryMeanings[memory]
  if (signal !== null) return signalMeanings[signal] ?? ''
  if (code === null)
    return 'nobody saw how, since the process that it was forked from (preload) had ended before'
  return code === 0
    ? 'something asked it to end, by SIGTERM for example, or it was done'
    : 'the application ended its process'
}

const untriedLine =
  'It had had no request. Portico makes a connection without one to learn that it takes connections: does it end when one is empty?'

function heldLine({ held, untried }: Crash): string[] {
  if (untried) return [untriedLine]
  if (held === undefined) return []
  if (held.length === 0) return ['It held no request']
  const more = held.length > mostNamed ? ` and ${held.length - mostNamed} more` : ''
  const noun = held.length === 1 ? 'request' : 'requests'
  return [`It held the ${noun} ${held.slice(0, mostNamed).join(', ')}${more}`]
}

function startLine({ deaths, retryMs }: Crash): string {
  const workers =
    deaths === 1 ? '1 worker of this application has' : `${deaths} workers of this application have`
  const counted = `${workers} ended unasked so far`
  if (retryMs === undefined) return `${counted}; this one was being replaced already`
  if (retryMs <= 0) return `${counted}; the next one starts at once`
  return `${counted}; the next one starts in ${(retryMs / 1000).toFixed(1)} s`
}
