import { openSync, truncateSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CollectingSink } from '../../../test/double/output-sink.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import { FileSource } from './file-source.ts'
import { readBytes as pieceBytes } from './read-buffers.ts'

let directory: ServedDirectory
beforeEach(() => {
  directory = new ServedDirectory()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

const content = Buffer.from(
  Array.from({ length: 3 * pieceBytes + 17 }, (_, i) => (i * 7 + (i >> 8) + (i >> 16)) & 0xff),
)

function sourceOf(length = content.length, start = 0): { source: FileSource; path: string } {
  const path = directory.write('big.bin', content)
  return { path, source: new FileSource(openSync(path, 'r'), [{ start, end: start + length }], '/big.bin') }
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function until(reached: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!reached()) {
    if (performance.now() > deadline) throw new Error('it did not happen')
    await tick()
  }
}

describe('FileSource', () => {
  it('sends every octet in order and ends', async () => {
    const sink = new CollectingSink()
    sourceOf().source.start(sink)
    expect(await sink.ending).toEqual({ kind: 'end' })
    expect(sink.bytes.equals(content)).toBe(true)
    expect(sink.pieces.length).toBe(4)
  })

  it('sends a span of the file and nothing around it', async () => {
    const sink = new CollectingSink()
    sourceOf(pieceBytes + 5, 100).source.start(sink)
    await sink.ending
    expect(sink.bytes.equals(content.subarray(100, pieceBytes + 105))).toBe(true)
  })

  it('sends texts and spans in their order', async () => {
    const path = directory.write('big.bin', content)
    const sink = new CollectingSink()
    const pieces = [
      Buffer.from('<'),
      { start: 5, end: 9 },
      Buffer.from('|'),
      { start: 0, end: 3 },
      Buffer.from('>'),
    ]
    new FileSource(openSync(path, 'r'), pieces, '/big.bin').start(sink)
    expect(await sink.ending).toEqual({ kind: 'end' })
    const spans = [content.subarray(5, 9), content.subarray(0, 3)].map((span) => span.toString('latin1'))
    expect(sink.bytes.toString('latin1')).toBe(`<${spans[0]}|${spans[1]}>`)
  })

  it('waits for resume when the sink is full', async () => {
    const sink = new CollectingSink(() => false)
    const { source } = sourceOf()
    source.start(sink)
    for (let count = 1; count <= 4; count++) {
      await until(() => sink.pieces.length === count)
      for (let i = 0; i < 20; i++) await tick()
      expect(sink.pieces.length).toBe(count)
      source.resume()
      // A second resume must not start a second read.
      source.resume()
    }
    expect(await sink.ending).toEqual({ kind: 'end' })
    expect(sink.bytes.equals(content)).toBe(true)
  })

  it('keeps going when resume comes from within write', async () => {
    const { source } = sourceOf()
    const sink = new CollectingSink(() => {
      source.resume()
      return false
    })
    source.start(sink)
    expect(await sink.ending).toEqual({ kind: 'end' })
    expect(sink.bytes.equals(content)).toBe(true)
  })

  it('fails when the file shrinks while it is sent', async () => {
    const { source, path } = sourceOf()
    const sink = new CollectingSink(() => {
      truncateSync(path, pieceBytes + 3)
      return true
    })
    source.start(sink)
    const ending = await sink.ending
    expect(ending.kind === 'fail' && ending.failure.code).toBe('E_OUTPUT_CUT_SHORT')
    expect(sink.bytes.length).toBe(pieceBytes + 3)
  })

  it('cuts a file that grows at the announced length', async () => {
    const { source, path } = sourceOf()
    const sink = new CollectingSink((_, count) => {
      if (count === 1) writeFileSync(path, 'more', { flag: 'a' })
      return true
    })
    source.start(sink)
    expect(await sink.ending).toEqual({ kind: 'end' })
    expect(sink.bytes.equals(content)).toBe(true)
  })

  it('closes the descriptor when it is cancelled before the start', async () => {
    const { source } = sourceOf()
    expect(directory.openDescriptors()).toBe(1)
    source.cancel()
    source.cancel()
    await directory.allClosed()
    source.start(new CollectingSink())
  })

  it('closes the descriptor once and stays silent when it is cancelled during a read', async () => {
    const { source } = sourceOf()
    const sink = new CollectingSink()
    source.start(sink)
    source.cancel()
    source.cancel()
    source.resume()
    await directory.allClosed()
    // A second close would hit whoever has the number now.
    const other = sourceOf().source
    for (let i = 0; i < 20; i++) await tick()
    expect(directory.openDescriptors()).toBe(1)
    expect(sink.pieces.length).toBe(0)
    other.cancel()
  })

  it('stops when it is cancelled from within write', async () => {
    const { source } = sourceOf()
    const sink = new CollectingSink(() => {
      source.cancel()
      return true
    })
    source.start(sink)
    await directory.allClosed()
    expect([sink.pieces.length, sink.ended]).toEqual([1, false])
  })

  it('stops when it is cancelled while it waits', async () => {
    const { source } = sourceOf()
    const sink = new CollectingSink(() => false)
    source.start(sink)
    await until(() => sink.pieces.length === 1)
    source.cancel()
    source.resume()
    await directory.allClosed()
    expect([sink.pieces.length, sink.ended]).toEqual([1, false])
  })

  it('fails when the descriptor cannot be read', async () => {
    const fd = openSync(directory.root, 'r')
    const sink = new CollectingSink()
    new FileSource(fd, [{ start: 0, end: 5 }], '/').start(sink)
    const ending = await sink.ending
    expect(ending.kind === 'fail' && [ending.failure.code, ending.failure.facts.errno]).toEqual([
      'E_FILE_UNREADABLE',
      'EISDIR',
    ])
  })
})
