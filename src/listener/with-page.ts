// An error answer of this server with the page of a file for its body. Pure.

import type { Answer } from '../http/exchange.ts'

/** Status and fields stay, but for the type. */
export function withPage(answer: Answer, type: string, body: Buffer): Answer {
  const fields = answer.fields.map((part, i) => (answer.fields[i - 1] === 'Content-Type' ? type : part))
  return { status: answer.status, fields, body, errorPage: 'fixed' }
}
