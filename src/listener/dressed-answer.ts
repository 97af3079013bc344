// What the options of a mount make of an answer on its way out: a page for an error, fields, then a coding. In this order:
// what the configuration says in a field decides about the coding, and what the coding has to say is said last.

import type { Answer } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import type { MountOptions } from './mount-options.ts'

/** @param kind of the handler that made the answer; '' for none */
export function dressedAnswer(
  answer: Answer,
  { errors, headers, compress }: MountOptions,
  head: RequestHead,
  kind: string,
): Answer {
  let dressed = answer
  if (errors !== undefined) dressed = errors.apply(dressed)
  if (headers !== undefined) dressed = headers.apply(dressed, kind)
  if (compress === undefined) return dressed
  // A page about an error is our own, whoever was asked.
  return compress.encode(dressed, head, dressed.errorPage === undefined ? kind : 'files')
}
