// What a home of WSGI applications is allowed to fail, and why. A case listed here must fail with words that match, so
// the list may only shrink.

import type { Case } from './case.ts'

export interface Exception {
  readonly row: string
  /** Title of the case. */
  readonly title: string
  /** Name of the kind of server. */
  readonly home: string
  /** What the case says when it fails. */
  readonly fails: RegExp
  readonly reason: string
}

export const exceptions: readonly Exception[] = [
  {
    row: 'WSG-08',
    title: 'they are true of one process with one thread',
    home: 'portico cgi',
    fails: /flags of one process with one thread/,
    reason: 'a process is started for each request, so there are always several, and each runs once',
  },
  {
    row: 'WSG-96',
    title: 'nothing of a request is in os.environ',
    home: 'portico cgi',
    fails: /variables of a request/,
    reason:
      'the environment of a CGI program is how the request reaches it; the process ends with the request',
  },
  {
    row: 'WSG-90',
    title: 'once it is mended it serves, without a word to the server',
    home: 'portico embedded',
    fails: /does not answer again/,
    reason:
      'what a failed import left in the one interpreter cannot be taken back; the next start has a new one',
  },
  {
    row: 'WSG-92',
    title: 'two applications with modules of the same name do not mix',
    home: 'portico embedded',
    fails: /ended early \(78\)/,
    reason:
      'one interpreter has one module of each name (sys.modules): refused with that reason, not mixed up',
  },
  {
    row: 'WSG-90',
    title: 'an application that cannot be imported fails alone, with the traceback in the log',
    home: 'portico fastcgi',
    fails: /it ended/,
    reason: 'it hosts one application, and without that it ends with its traceback and exit code 1',
  },
  {
    row: 'WSG-90',
    title: 'once it is mended it serves, without a word to the server',
    home: 'portico fastcgi',
    fails: /it ended/,
    reason: 'it has ended; whoever keeps it running (systemd, a person) starts it again',
  },
]

/** The exception of a case in a home, if there is one. */
export function exceptionOf({ row, title }: Case, home: string): Exception | undefined {
  return exceptions.find((one) => one.home === home && one.row === row && one.title === title)
}
