// Headers of the PROXY protocol with what they mean: octets as hexadecimal or as text in quotes, comments behind #,
// then "= " and the meaning; an empty line ends one. UPDATE=1 rewrites the meanings.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxBlockBytes, type ProxyHeader, readProxyHeader } from '../../../src/wire/proxy-protocol.ts'

const folder = import.meta.dirname
const request = Buffer.from('GET /\r\nPROXY TCP4 6.6.6.6 6.6.6.6 1 1\r\n\r\n', 'latin1')

interface Vector {
  readonly lines: readonly string[]
  readonly bytes: Buffer
  readonly meaning: string
}

function read(text: string): Vector[] {
  return text
    .trim()
    .split('\n\n')
    .map((block) => {
      const lines = block.split('\n').filter((line) => !line.startsWith('= '))
      const meaning = block.split('\n').find((line) => line.startsWith('= ')) ?? ''
      return { lines, meaning, bytes: Buffer.concat(lines.map(octets)) }
    })
}

function octets(line: string): Buffer {
  if (line.startsWith('"')) return Buffer.from(JSON.parse(line), 'latin1')
  const hex = line.replace(/#.*$/, '').replace(/([0-9a-f]{2})\*(\d+)/g, (_, octet, count) => {
    return String(octet).repeat(Number(count))
  })
  return Buffer.from(hex.replace(/\s+/g, ''), 'hex')
}

function meaningOf(header: ProxyHeader): string {
  if (header.kind === 'more') return '= more is to come'
  if (header.kind === 'bad') return `= bad: ${header.why}`
  const { proxied, size } = header
  const told =
    typeof proxied === 'string'
      ? proxied
      : `${proxied.sourceAddress} ${proxied.sourcePort} -> ${proxied.destinationAddress} ${proxied.destinationPort}`
  return `= ${told} (${size} octets)`
}

const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
const all = files.flatMap((name) => read(readFileSync(join(folder, name), 'utf8')))
const valid = all.filter(({ bytes }) => readProxyHeader(bytes).kind === 'ok')

describe('readProxyHeader', () => {
  it.each(files)('reads what %s says', (name) => {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const vectors = read(text)
    const now = vectors.map(({ lines, bytes }) => [...lines, meaningOf(readProxyHeader(bytes))].join('\n'))
    const rewritten = `${now.join('\n\n')}\n`
    if (process.env.UPDATE === '1') writeFileSync(path, rewritten)
    else expect(rewritten).toBe(text)
  })

  it('comes to the same octet by octet, with the request behind it or without', () => {
    for (const { bytes } of all) {
      const whole = meaningOf(readProxyHeader(bytes))
      let header = readProxyHeader(bytes.subarray(0, 0))
      for (let length = 1; header.kind === 'more' && length <= bytes.length; length++)
        header = readProxyHeader(bytes.subarray(0, length))
      expect(meaningOf(header)).toBe(whole)
      if (header.kind !== 'more')
        expect(meaningOf(readProxyHeader(Buffer.concat([bytes, request])))).toBe(whole)
    }
  })

  it('takes a block of the most octets, and refuses one of more before it has come', () => {
    const block = (length: number): Buffer => {
      const head = Buffer.from('0d0a0d0a000d0a515549540a21110000', 'hex')
      head.writeUInt16BE(length, 14)
      return head
    }
    const largest = Buffer.concat([block(maxBlockBytes), Buffer.alloc(maxBlockBytes)])
    expect(readProxyHeader(largest)).toMatchObject({ kind: 'ok', size: 16 + maxBlockBytes })
    expect(readProxyHeader(block(maxBlockBytes + 1)).kind).toBe('bad')
  })

  it('survives any octets, never looks behind its end and never changes its mind', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...valid.map(({ bytes }) => bytes)),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([bytes, changes, cut, tail]) => {
        const changed = Buffer.from(bytes)
        for (const [at, octet] of changes) changed[at % changed.length] = octet
        const kept = cut % 3 === 0 ? changed.subarray(0, cut % (changed.length + 1)) : changed
        return Buffer.concat([kept, tail])
      })
    const any = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets))
    fc.assert(
      fc.property(fc.oneof(mutated, any), fc.uint8Array({ maxLength: 300 }), (bytes, other) => {
        const header = readProxyHeader(bytes)
        if (header.kind === 'more') return
        expect(meaningOf(readProxyHeader(Buffer.concat([bytes, other])))).toBe(meaningOf(header))
        if (header.kind === 'bad') return
        expect(header.size).toBeLessThanOrEqual(bytes.length)
        const behind = Buffer.concat([bytes.subarray(0, header.size), other])
        expect(meaningOf(readProxyHeader(behind))).toBe(meaningOf(header))
        expect(readProxyHeader(bytes.subarray(0, header.size - 1)).kind).toBe('more')
      }),
      { numRuns: 20_000 },
    )
  })
})
