import { describe, expect, it } from 'vitest'
import { LineSplitter } from './line-splitter.ts'

function split(chunks: readonly Buffer[], maxBytes = 10): [string, boolean][] {
  const lines: [string, boolean][] = []
  const splitter = new LineSplitter(maxBytes, {
    line: (bytes, complete) => lines.push([bytes.toString('utf8'), complete]),
  })
  for (const chunk of chunks) splitter.push(chunk)
  splitter.flush()
  return lines
}

const byteByByte = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.from([byte]))

describe('LineSplitter', () => {
  it('gives the same lines whole and byte by byte', () => {
    const text = 'one\r\n\ntwo\nand a line that is long\nend'
    expect(split([Buffer.from(text)])).toEqual(split(byteByByte(text)))
  })

  it('gives a long line in pieces and loses nothing', () => {
    expect(split([Buffer.from('0123456789\n0123456789a\n')])).toEqual([
      ['0123456789', true],
      ['0123456789', false],
      ['a', true],
    ])
  })

  it('does not cut a character', () => {
    expect(split([Buffer.from('123456789é\n')])).toEqual([
      ['123456789', false],
      ['é', true],
    ])
  })

  it('cuts what is no UTF-8 at the bound', () => {
    const lines: number[] = []
    const splitter = new LineSplitter(10, { line: (bytes) => lines.push(bytes.length) })
    splitter.push(Buffer.alloc(25, 0x80))
    splitter.flush()
    expect(lines).toEqual([10, 10, 5])
  })

  it('flushes nothing when the last line had its end', () => {
    expect(split([Buffer.from('a\n')])).toEqual([['a', true]])
  })
})
