// What our engine takes and llhttp refuses, on purpose. Everything else of that kind fails the fuzzing.

import { METHODS } from 'node:http'
import type { Message } from '../http1/reading.ts'

export interface Difference {
  readonly name: string
  readonly reason: string
  /** What llhttp says. */
  readonly refuses: RegExp
  /** The request, or else the input, has what this is about. */
  readonly when: (message: Message, octets: Buffer) => boolean
}

const methods = new Set(METHODS)

export const differences: readonly Difference[] = [
  {
    name: 'extension methods',
    reason:
      'a method is a token (RFC 9110 section 9.1): which ones there are is the business of the application',
    refuses: /method/i,
    when: ({ method }) => !methods.has(method),
  },
  {
    name: 'minor versions above 1.1',
    reason: 'they are read as the highest one that is known (RFC 9110 section 2.5)',
    refuses: /^Invalid HTTP version$/,
    when: (_, octets) => / HTTP\/1\.[2-9]\r\n/.test(octets.toString('latin1')),
  },
  {
    name: 'raw octets above 127 in a target',
    reason:
      'browsers and tools send them, Apache httpd and nginx take them; no parser sees a delimiter in them',
    refuses: /^Invalid char in url /,
    when: ({ target }) => /[\x80-\xff]/.test(target),
  },
  {
    name: 'blanks around a chunk extension',
    reason: 'a recipient must parse such blanks and drop them (BWS, RFC 9112 section 7.1.1)',
    refuses: /^Invalid character in chunk (?:size|extensions)|asks for an upgrade/,
    when: (_, octets) =>
      /^[0-9a-f]+[^\r\n]*(?:[ \t];|;[ \t]|[ \t]=|=[ \t])/im.test(octets.toString('latin1')),
  },
  {
    name: 'a request behind Proxy-Connection: close',
    reason: 'it is no field of HTTP/1.1 and must not be heeded by a server (RFC 9112 appendix C.2.2)',
    refuses: /^Data after/,
    when: (_, octets) => /^Proxy-Connection:/im.test(octets.toString('latin1')),
  },
]
