import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { HandInput } from '../../test/double/hand-input.ts'
import type { PorticoError } from '../failure.ts'
import type { CallInput } from './input.ts'
import { Spool } from './spool.ts'
import { spoolFailure } from './spool-room.ts'

const directory = mkdtempSync(join(tmpdir(), 'portico-spool-'))
afterAll(() => rmSync(directory, { recursive: true }))

type Outcome = { readonly spooled: CallInput } | { readonly failure: PorticoError }

function start(spool: Spool, maxBytes = 0) {
  const input = new HandInput()
  let resolveOutcome: (outcome: Outcome) => void = () => {}
  const outcome = new Promise<Outcome>((resolve) => {
    resolveOutcome = resolve
  })
  const writer = spool.take(
    input,
    { bytes: maxBytes, setting: 'limits.body' },
    {
      spooled: (spooled) => resolveOutcome({ spooled }),
      spoolFailed: (failure) => resolveOutcome({ failure }),
    },
  )
  return { input, writer, outcome }
}

async function readAll(spooled: CallInput): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (;;) {
    const piece = await new Promise<Buffer | undefined>((resolve, reject) => {
      spooled.next((failure, bytes) =>
        failure === undefined ? resolve(bytes && Buffer.from(bytes)) : reject(failure),
      )
    })
    if (piece === undefined) return Buffer.concat(pieces)
    pieces.push(piece)
  }
}

function settings(memoryBytes: number, totalBytes = 0, place = directory) {
  return new Spool({ directory: place, memoryBytes, totalBytes }, () => {})
}

async function spooledOf(outcome: Promise<Outcome>): Promise<CallInput> {
  const result = await outcome
  if (!('spooled' in result)) throw result.failure
  return result.spooled
}

async function codeOf(outcome: Promise<Outcome>): Promise<string> {
  const result = await outcome
  return 'failure' in result ? result.failure.code : 'spooled'
}

describe('Spool', () => {
  it('keeps a small body in memory and frees its budget when it is closed', async () => {
    const spool = settings(10)
    const { input, outcome } = start(spool)
    await input.feed([Buffer.from('hello'), Buffer.from('world')])
    const spooled = await spooledOf(outcome)
    expect(spooled.length).toBe(10)
    expect(spooled.pieces).toHaveLength(2)
    expect((await readAll(spooled)).toString()).toBe('helloworld')
    spooled.rewind()
    expect((await readAll(spooled)).toString()).toBe('helloworld')
    expect(spool.usedBytes).toBe(10)
    spooled.close()
    spooled.close()
    expect(spool.usedBytes).toBe(0)
  })

  it('moves a larger one into a file that has no name', async () => {
    const spool = settings(1000)
    const { input, outcome } = start(spool)
    const pieces = Array.from({ length: 50 }, (_, n) => Buffer.alloc(7001, n))
    await input.feed(pieces)
    const spooled = await spooledOf(outcome)
    expect(spooled.pieces).toBeUndefined()
    expect(spooled.length).toBe(50 * 7001)
    expect(readdirSync(directory)).toEqual([])
    expect((await readAll(spooled)).equals(Buffer.concat(pieces))).toBe(true)
    spooled.rewind()
    expect((await readAll(spooled)).equals(Buffer.concat(pieces))).toBe(true)
    spooled.close()
    expect(spool.usedBytes).toBe(0)
  })

  it('is not read from the start while a read for the call before is under way', async () => {
    const { input, outcome } = start(settings(1000))
    const body = Buffer.alloc(200_000, 'x')
    await input.feed([body])
    const spooled = await spooledOf(outcome)
    const read = new Promise<void>((resolve) => spooled.next(() => resolve()))
    expect(spooled.rewind()).toBe(false)
    await read
    expect(spooled.rewind()).toBe(true)
    expect((await readAll(spooled)).equals(body)).toBe(true)
    spooled.close()
  })

  it('refuses a body beyond its limit, and takes one at it', async () => {
    const spool = settings(100)
    const over = start(spool, 5)
    await over.input.feed([Buffer.from('123456')])
    expect(await codeOf(over.outcome)).toBe('E_INPUT_TOO_LARGE')
    const at = start(spool, 5)
    await at.input.feed([Buffer.from('12345')])
    ;(await spooledOf(at.outcome)).close()
    expect(spool.usedBytes).toBe(0)
  })

  it('refuses what is beyond the budget of all bodies together', async () => {
    const spool = settings(100, 8)
    const first = start(spool)
    await first.input.feed([Buffer.from('12345')])
    const second = start(spool)
    await second.input.feed([Buffer.from('6789')])
    expect(await codeOf(second.outcome)).toBe('E_SPOOL_FULL')
    ;(await spooledOf(first.outcome)).close()
    expect(spool.usedBytes).toBe(0)
  })

  it('says when its directory cannot be written', async () => {
    const spool = settings(1, 0, join(directory, 'missing'))
    const { input, outcome } = start(spool)
    void input.feed([Buffer.from('hello')])
    expect(await codeOf(outcome)).toBe('E_SPOOL_FAILED')
    expect(spool.usedBytes).toBe(0)
  })

  it.each(['ENOSPC', 'EDQUOT'])('calls a disk without room (%s) full, which passes', (code) => {
    const error = Object.assign(new Error(code), { code })
    const failure = spoolFailure({ directory: '/var/tmp', memoryBytes: 1, totalBytes: 0 }, error)
    expect(failure).toMatchObject({ code: 'E_SPOOL_FULL', facts: { directory: '/var/tmp', errno: code } })
  })

  it('frees everything when it is cancelled while the file is being written', async () => {
    const spool = settings(1)
    const { input, writer, outcome } = start(spool)
    void input.feed([Buffer.alloc(100_000), Buffer.alloc(100_000)])
    writer.cancel()
    expect(spool.usedBytes).toBe(0)
    input.sink?.end()
    expect(
      await Promise.race([codeOf(outcome), new Promise((resolve) => setImmediate(resolve, 'nothing'))]),
    ).toBe('nothing')
  })

  it('passes on the failure of the input', async () => {
    const { PorticoError: Failure } = await import('../failure.ts')
    const { input, outcome } = start(settings(100))
    input.sink?.data(Buffer.from('hel'))
    input.sink?.fail(new Failure('E_INPUT_CUT_SHORT'))
    expect(await codeOf(outcome)).toBe('E_INPUT_CUT_SHORT')
  })
})
