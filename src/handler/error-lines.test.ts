import { describe, expect, it } from 'vitest'
import { recordingLog } from '../../test/app/worker/stand-in.ts'
import { ErrorLines } from './error-lines.ts'

describe('ErrorLines', () => {
  it('writes whole lines, however the pieces are cut', () => {
    const log = recordingLog()
    const lines = new ErrorLines(log, { request: 'r1' })
    const text = Buffer.from('one\ntw\u00f6\r\n\nthree')
    for (const octet of text) lines.push(Buffer.of(octet))
    expect(log.entries.map((entry) => entry.text)).toEqual(['one', 'tw\u00f6'])
    lines.end()
    expect(log.entries.at(-1)).toEqual({
      event: 'application.errors',
      facts: { request: 'r1' },
      text: 'three',
    })
  })

  it('cuts a line without end, and leaves out what is too much', () => {
    const log = recordingLog()
    const lines = new ErrorLines(log, {})
    for (let written = 0; written < 3 * 1024 * 1024; written += 65_536) lines.push(Buffer.alloc(65_536, 'x'))
    lines.end()
    const length = log.entries.reduce((all, { text }) => all + text.length, 0)
    expect(length).toBeLessThan(1024 * 1024 + 100)
    expect(log.entries.at(-1)?.text).toBe(`${2 * 1024 * 1024} octets more were left out`)
  })
})
