import { execFileSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openSink, type Sink, type SinkOptions } from './sink.ts'

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-sink-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

const patience = { timeout: 5000, interval: 5 }

interface Told {
  readonly dropped: number[]
  readonly failed: string[]
}

function open(destination: string, more: Partial<SinkOptions> = {}): { sink: Sink; told: Told } {
  const told: Told = { dropped: [], failed: [] }
  const sink = openSink({
    destination,
    standard: 1,
    delayMs: 0,
    dropped: (lines) => told.dropped.push(lines),
    failed: (error) => told.failed.push(error.message),
    ...more,
  })
  onTestFinished(() => sink.close())
  return { sink, told }
}

/** A named pipe whose reading end is ours, so that the test decides when it is slow. */
function pipe(): { path: string; reader: number } {
  const path = join(scratch(), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { path, reader }
}

function readAll(reader: number): string {
  const bytes = Buffer.alloc(65_536)
  let text = ''
  for (;;) {
    try {
      const count = readSync(reader, bytes)
      if (count === 0) return text
      text += bytes.toString('latin1', 0, count)
    } catch {
      return text
    }
  }
}

describe('openSink', () => {
  it('appends lines to a file and has written them when it is closed', async () => {
    const path = join(scratch(), 'access.log')
    for (const line of ['one\n', 'two\n']) {
      const { sink } = open(path, { delayMs: 100 })
      sink.write(line)
      await sink.close()
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  })

  it.runIf(process.getuid?.() === 0)(
    'as root stays with the old file when a link has taken its place',
    async () => {
      const [directory, secrets] = [scratch(), scratch()]
      chownSync(directory, 1001, 1001)
      const path = join(directory, 'error.log')
      const { sink, told } = open(path)
      renameSync(path, `${path}.1`)
      symlinkSync(join(secrets, 'new'), path)
      sink.reopen()
      sink.write('one\n')
      await sink.close()
      expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\n')
      expect(existsSync(join(secrets, 'new'))).toBe(false)
      expect(told.failed).toEqual([expect.stringContaining(`"${path}" is a symbolic link`)])
    },
  )

  it('writes lines that wait for company after the delay', async () => {
    const path = join(scratch(), 'access.log')
    const { sink } = open(path, { delayMs: 20 })
    sink.write('one\n')
    expect(readFileSync(path, 'utf8')).toBe('')
    await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe('one\n'), patience)
  })

  it('writes what waits at the exit', async () => {
    const path = join(scratch(), 'access.log')
    const { sink } = open(path, { delayMs: 60_000 })
    sink.write('one\n')
    sink.flushSync()
    // A write that was on its way in the thread pool is one that the end of the process waits for.
    await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe('one\n'), patience)
  })

  it('goes on in a new file when it is reopened, and loses nothing', async () => {
    const path = join(scratch(), 'access.log')
    const { sink } = open(path, { delayMs: 100 })
    sink.write('one\n')
    renameSync(path, `${path}.1`)
    sink.reopen()
    sink.write('two\n')
    await sink.close()
    await vi.waitFor(() => expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\n'), patience)
    expect(readFileSync(path, 'utf8')).toBe('two\n')
  })

  it('keeps the old file and says so when it cannot be reopened', async () => {
    const directory = scratch()
    const path = join(directory, 'logs.txt')
    const { sink, told } = open(path)
    renameSync(path, join(directory, 'kept.txt'))
    execFileSync('mkdir', [path])
    sink.reopen()
    sink.write('one\n')
    await sink.close()
    expect(told.failed[0]).toMatch(/EISDIR/)
    expect(readFileSync(join(directory, 'kept.txt'), 'utf8')).toBe('one\n')
  })

  it('throws when a path cannot be opened', () => {
    expect(() => open(join(scratch(), 'missing', 'access.log'))).toThrow(/ENOENT/)
  })

  it('writes nothing when it is off', async () => {
    const { sink } = open('off')
    sink.write('one\n')
    await sink.close()
    expect(sink.terminal).toBe(false)
  })

  it('drops lines past its bound, tells how many, and writes again when the reader is back', async () => {
    const { path, reader } = pipe()
    onTestFinished(() => closeSync(reader))
    const { sink, told } = open(path, { heldBytes: 10_000 })
    const line = `${'x'.repeat(999)}\n`
    for (let count = 0; count < 200; count++) {
      sink.write(line)
      await new Promise((resolve) => setImmediate(resolve))
    }
    let text = ''
    const written = () => text.split('\n').filter((found) => found.length === 999).length
    const dropped = () => told.dropped.reduce((sum, lines) => sum + lines, 0)
    await vi.waitFor(() => {
      text += readAll(reader)
      expect(written() + dropped()).toBe(200)
    }, patience)
    expect(dropped()).toBeGreaterThan(100)
    sink.write('last\n')
    await vi.waitFor(() => {
      text += readAll(reader)
      expect(text).toMatch(/last\n$/)
    }, patience)
  })

  it('does not wait at the exit for a reader that has stopped', () => {
    const { path, reader } = pipe()
    onTestFinished(() => closeSync(reader))
    const { sink } = open(path)
    for (let count = 0; count < 200; count++) sink.write(`${'x'.repeat(999)}\n`)
    const before = performance.now()
    sink.flushSync()
    expect(performance.now() - before).toBeLessThan(1500)
  })

  it('falls silent when the reader has gone', async () => {
    const { path, reader } = pipe()
    const { sink, told } = open(path)
    closeSync(reader)
    sink.write('one\n')
    await sink.close()
    sink.write('two\n')
    expect(told).toEqual({ dropped: [], failed: [] })
  })

  it('says once that a disk is full', async () => {
    const { sink, told } = open('/dev/full')
    sink.write('one\n')
    await vi.waitFor(() => expect(told.failed.length).toBe(1), patience)
    sink.write('two\n')
    await vi.waitFor(() => expect(told.failed).toEqual([expect.stringMatching(/ENOSPC/)]), patience)
  })
})
