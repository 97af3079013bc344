// How a FastCGI call begins (FastCGI 1.0 sections 3.4 and 5): BEGIN, the environ and, when it is small, the input.

import { encodeBegin, headerBytes, maxContentBytes, recordType, role, writeHeader } from '../wire/fastcgi.ts'
import { encodePair } from '../wire/fastcgi-params.ts'
import type { Environ } from './environ.ts'
import type { CallInput } from './input.ts'
import { isEmbedded } from './input-writer.ts'

/** The only request on its connection. */
export const requestId = 1
// BEGIN and the PARAMS record of the constant pairs, encoded once for each distinct array of pairs; BEGIN differs by its flag.
const keepingConstants = new WeakMap<readonly string[], Buffer>()
const closingConstants = new WeakMap<readonly string[], Buffer>()

function beginAndConstants(pairs: readonly string[], keepsConnection: boolean): Buffer {
  const encodedConstants = keepsConnection ? keepingConstants : closingConstants
  const known = encodedConstants.get(pairs)
  if (known !== undefined) return known
  const begin = encodeBegin(requestId, role.responder, keepsConnection)
  const encoded = Buffer.concat([begin, encodeParams(pairs)])
  encodedConstants.set(pairs, encoded)
  return encoded
}

/** PARAMS records of the pairs; a pair never straddles two records unless it is larger than one (php-fpm resets). */
function encodeParams(pairs: readonly string[]): Buffer {
  const records: Buffer[] = []
  let text = ''
  const finish = (): void => {
    for (let at = 0; at < text.length; at += maxContentBytes)
      records.push(paramsRecord(text.slice(at, at + maxContentBytes)))
    text = ''
  }
  for (let i = 0; i < pairs.length; i += 2) {
    const pair = encodePair(pairs[i] as string, pairs[i + 1] as string)
    if (text.length + pair.length > maxContentBytes) finish()
    text += pair
  }
  finish()
  return records.length === 1 ? (records[0] as Buffer) : Buffer.concat(records)
}

function paramsRecord(content: string): Buffer {
  const record = Buffer.allocUnsafe(headerBytes + content.length)
  writeHeader(record, 0, recordType.params, requestId, content.length)
  record.write(content, headerBytes, 'latin1')
  return record
}

/**
 * Everything up to and including the end of a small input, in one buffer: one write, one packet for the peer.
 * @param keepsConnection the peer is asked to leave the connection open behind the call
 */
export function encodeOpening(
  environ: Environ,
  input: CallInput | undefined,
  keepsConnection: boolean,
): Buffer {
  const constant = beginAndConstants(environ.constant, keepsConnection)
  let text = ''
  const pairs = environ.variable
  for (let i = 0; i < pairs.length; i += 2) text += encodePair(pairs[i] as string, pairs[i + 1] as string)
  const params = text.length <= maxContentBytes ? undefined : encodeParams(pairs)
  const paramsBytes = params === undefined ? headerBytes + text.length : params.length
  const embedded = isEmbedded(input) ? (input?.pieces ?? []) : []
  const inputBytes = embedded.length === 0 ? 0 : headerBytes + (input?.length ?? 0)
  const closed = isEmbedded(input)
  const opening = Buffer.allocUnsafe(
    constant.length + paramsBytes + headerBytes + inputBytes + (closed ? headerBytes : 0),
  )
  constant.copy(opening, 0)
  let at = constant.length
  if (params === undefined) {
    writeHeader(opening, at, recordType.params, requestId, text.length)
    opening.write(text, at + headerBytes, 'latin1')
  } else params.copy(opening, at)
  at += paramsBytes
  writeHeader(opening, at, recordType.params, requestId, 0)
  at += headerBytes
  if (inputBytes > 0) {
    writeHeader(opening, at, recordType.stdin, requestId, inputBytes - headerBytes)
    at += headerBytes
    for (const piece of embedded) at += piece.copy(opening, at)
  }
  if (closed) writeHeader(opening, at, recordType.stdin, requestId, 0)
  return opening
}
