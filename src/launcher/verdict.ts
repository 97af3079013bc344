// How a script ended, as an application status (FastCGI 1.0 section 5.5) and a sentence for the log. Pure.

import { constants } from 'node:os'

/** Application status of a script whose time was over; timeout(1) has the same. */
const timedOut = 124
const signalBase = 128

/** Why a script was ended by us, and what the log says of it. */
const sentences = {
  time: 'was ended because it took longer than "time" allows',
  interrupt: 'was ended because somebody asked for it',
  abort: 'was ended because its client or the HTTP process gave up the request',
  held: 'had ended, but a process it left behind held its output and said nothing; that was ended too',
} as const

export type EndReason = keyof typeof sentences

/** What the kernel sends at a limit of setrlimit(2). */
const limits = new Map<number, string>([
  [constants.signals.SIGXCPU, 'cpu'],
  [constants.signals.SIGXFSZ, 'file_size'],
])

const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

export interface Verdict {
  /** Application status; 0: the answer counts. */
  readonly status: number
  /** '' for none. */
  readonly sentence: string
}

/** @param code negative for a signal @param answered something came on stdout */
export function verdictOf(code: number, answered: boolean, reason: EndReason | undefined): Verdict {
  const sentence = reason === undefined ? '' : sentences[reason]
  if (reason === 'time') return { status: timedOut, sentence }
  if (code < 0) {
    const name = signalName(-code)
    const limit = limits.get(-code)
    const why = limit === undefined ? '' : ` because it went beyond its "${limit}" in limits`
    const how = `was ended by signal ${name}${why}`
    return { status: signalBase - code, sentence: sentence === '' ? how : `${sentence} (${name})` }
  }
  if (code > 0) {
    const how = `ended with exit code ${code}`
    return { status: answered ? 0 : code, sentence: sentence === '' ? how : `${sentence}; it ${how}` }
  }
  return { status: 0, sentence }
}

function signalName(number: number): string {
  const name = names.get(number)
  return name === undefined ? String(number) : `${number} (${name})`
}
