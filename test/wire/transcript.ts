// Golden transcripts: a comment, the bytes, and the events they mean. Bytes stand in hexadecimal or as texts in quotes, with
// comments behind `#`; `end` or `reset` behind them is what becomes of the connection. UPDATE=1 rewrites the events.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

export interface Transcript {
  readonly bytes: Buffer
  readonly close: 'end' | 'reset' | undefined
}

const word = /"(?:[^"\\]|\\.)*"|#.*|\b(?:end|reset)\b|[0-9a-f]+/gm

export function transcriptsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.txt'))
}

/** Compares what the bytes mean with what is written there, whole, octet by octet and cut in two at every place. */
export function check(path: string, meaning: (pieces: readonly Buffer[], transcript: Transcript) => string) {
  const text = readFileSync(path, 'utf8')
  const [comment = '', rest = ''] = text.split('--- bytes\n')
  const [written = '', events = ''] = rest.split('--- events\n')
  const transcript = read(written)
  const { bytes } = transcript
  const whole = meaning([bytes], transcript)
  if (process.env.UPDATE === '1') writeFileSync(path, `${comment}--- bytes\n${written}--- events\n${whole}`)
  else expect(whole).toBe(events)
  expect(
    meaning(
      [...bytes].map((octet) => Buffer.from([octet])),
      transcript,
    ),
  ).toBe(whole)
  for (let cut = 1; cut < bytes.length; cut++)
    expect(meaning([bytes.subarray(0, cut), bytes.subarray(cut)], transcript)).toBe(whole)
}

/** The bytes of a transcript alone. */
export function bytesOf(folder: string, name: string): Buffer {
  const written = readFileSync(join(folder, name), 'utf8').split('--- bytes\n')[1]
  return read(written?.split('--- events\n')[0] ?? '').bytes
}

function read(written: string): Transcript {
  const parts: Buffer[] = []
  let close: Transcript['close']
  for (const [found] of written.matchAll(word)) {
    if (found.startsWith('"')) parts.push(Buffer.from(JSON.parse(found) as string, 'latin1'))
    else if (found === 'end' || found === 'reset') close = found
    else if (!found.startsWith('#')) parts.push(Buffer.from(found, 'hex'))
  }
  return { bytes: Buffer.concat(parts), close }
}
