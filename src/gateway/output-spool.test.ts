import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { CollectingSink } from '../../test/double/output-sink.ts'
import type { PorticoError } from '../failure.ts'
import { OutputSpool } from './output-spool.ts'
import { Spool } from './spool.ts'

const directory = mkdtempSync(join(tmpdir(), 'portico-output-'))
afterAll(() => rmSync(directory, { recursive: true }))

interface Options {
  readonly memoryBytes?: number
  readonly totalBytes?: number
  readonly maxBytes?: number
  readonly place?: string
  /** Whether the sink takes more after the piece with this number. */
  readonly takes?: (piece: Buffer, count: number) => boolean
}

function start({
  memoryBytes = 100,
  totalBytes = 0,
  maxBytes = 0,
  place = directory,
  takes = () => false,
}: Options) {
  const troubles: PorticoError[] = []
  const spool = new Spool({ directory: place, memoryBytes, totalBytes }, (failure) => troubles.push(failure))
  const sink = new CollectingSink(takes)
  let wanted: (() => void) | undefined
  const output = new OutputSpool(spool, maxBytes, sink, {
    outputWanted: () => wanted?.(),
    outputComplete: () => sink.end(),
    outputLost: (failure) => sink.fail(failure),
  })
  const untilWanted = (): Promise<void> => new Promise((resolve) => (wanted = resolve))
  return { spool, sink, output, troubles, untilWanted }
}

/** Lets the sink take piece after piece until it has had its end. */
async function readOn(output: OutputSpool, sink: CollectingSink): Promise<Buffer> {
  while (!sink.ended) {
    output.resume()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return sink.bytes
}

describe('OutputSpool', () => {
  it('hands everything on at once to a sink that takes it', () => {
    const { spool, sink, output } = start({ takes: () => true })
    expect(output.push(Buffer.from('one'))).toBe(true)
    expect(output.push(Buffer.from('two'))).toBe(true)
    output.end()
    expect(sink.bytes.toString()).toBe('onetwo')
    expect(sink.ended).toBe(true)
    expect(spool.usedBytes).toBe(0)
  })

  it('keeps its own copy: the bytes it was given may change', async () => {
    const { sink, output } = start({})
    const bytes = Buffer.from('abc')
    output.push(bytes)
    output.push(bytes)
    bytes.fill('x')
    output.end()
    expect((await readOn(output, sink)).toString()).toBe('abcabc')
  })

  it('gives back what it was given, whatever the pieces and the pace, and leaves nothing behind', async () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(pieces, fc.array(fc.boolean()), fc.array(fc.nat(3)), async (given, open, turns) => {
        const { spool, sink, output } = start({ takes: (_, count) => open[count % open.length] ?? false })
        for (const [i, piece] of given.entries()) {
          output.push(Buffer.from(piece))
          for (let turn = turns[i] ?? 0; turn > 0; turn--) {
            output.resume()
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
        output.end()
        expect((await readOn(output, sink)).equals(Buffer.concat(given))).toBe(true)
        expect(spool.usedBytes).toBe(0)
        expect(readdirSync(directory)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('asks to wait at the limit of one output, and for more when the client has read it', async () => {
    const { sink, output, untilWanted } = start({ maxBytes: 1000 })
    output.push(Buffer.alloc(10))
    expect(output.push(Buffer.alloc(900))).toBe(true)
    expect(output.push(Buffer.alloc(100))).toBe(false)
    const wanted = untilWanted()
    let asked = false
    void wanted.then(() => (asked = true))
    while (!asked) {
      output.resume()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sink.bytes.length).toBe(1010)
    expect(output.push(Buffer.alloc(1))).toBe(true)
  })

  it('leaves a quarter of the spool to those who send', () => {
    const { spool, output } = start({ memoryBytes: 2000, totalBytes: 1000 })
    output.push(Buffer.alloc(10))
    expect(output.push(Buffer.alloc(740))).toBe(true)
    expect(output.push(Buffer.alloc(20))).toBe(false)
    expect(spool.reserve(200)).toBe(true)
    expect(spool.reserve(100)).toBe(false)
  })

  it('asks to wait while all outputs together fill their share, whatever the disk has taken meanwhile', async () => {
    const { spool, sink, output, untilWanted } = start({ memoryBytes: 100, totalBytes: 1000 })
    let pushed = 0
    let open = true
    // Nobody reads: the disk takes block after block, and each time one might be asked for more.
    for (let turn = 0; turn < 20_000 && spool.usedBytes < 1000; turn++) {
      if (open) {
        open = output.push(Buffer.alloc(90, turn))
        pushed += 90
      }
      void untilWanted().then(() => (open = true))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(spool.usedBytes).toBeLessThan(1000)
    expect(open).toBe(false)
    while (!open) {
      output.resume()
      await new Promise((resolve) => setImmediate(resolve))
    }
    output.end()
    expect((await readOn(output, sink)).length).toBe(pushed)
    expect(spool.usedBytes).toBe(0)
  })

  it('keeps in memory what the disk does not take, and asks to wait', async () => {
    const { spool, sink, output, troubles, untilWanted } = start({ place: join(directory, 'missing') })
    output.push(Buffer.alloc(10, 'a'))
    output.push(Buffer.alloc(150, 'b'))
    while (troubles.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(troubles[0]).toMatchObject({ code: 'E_SPOOL_FAILED', facts: { errno: 'ENOENT' } })
    expect(output.push(Buffer.alloc(150, 'c'))).toBe(false)
    const wanted = untilWanted()
    for (let i = 0; i < 3; i++) output.resume()
    await wanted
    expect(sink.bytes.toString()).toBe('a'.repeat(10) + 'b'.repeat(150) + 'c'.repeat(150))
    expect(spool.usedBytes).toBe(0)
  })

  it('frees memory, file and budget when it is closed, also in the middle of a write', async () => {
    const { spool, sink, output } = start({})
    for (let i = 0; i < 5; i++) output.push(Buffer.alloc(200))
    output.close()
    expect(spool.usedBytes).toBe(0)
    output.resume()
    expect(sink.bytes.length).toBe(200)
    while (readdirSync(directory).length > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})
