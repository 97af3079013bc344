import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import { MemoryLog } from '../../test/double/log.ts'
import { maxPageBytes, PageFile } from './page-file.ts'

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-page-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'page.html')
}

describe('PageFile', () => {
  it('waits for no pipe, and takes nothing that is too large', () => {
    const path = place()
    const log = new MemoryLog()
    execFileSync('mkfifo', [path])
    expect(new PageFile(path, log).body).toBeUndefined()
    rmSync(path)
    writeFileSync(path, '')
    truncateSync(path, maxPageBytes + 1)
    expect(new PageFile(path, log).body).toBeUndefined()
    expect(log.events.map(({ event }) => event)).toEqual(['page.unreadable', 'page.unreadable'])
  })

  it('keeps what it was when a pipe takes its place, and follows the next file', async () => {
    const path = place()
    const log = new MemoryLog()
    writeFileSync(path, 'first')
    const page = new PageFile(path, log)
    rmSync(path)
    execFileSync('mkfifo', [path])
    await eventually('a look at the pipe', () => {
      expect(String(page.body)).toBe('first')
      return log.events[0]
    })
    rmSync(path)
    writeFileSync(path, 'second')
    await eventually('the next page', () => (String(page.body) === 'second' ? true : undefined))
  })
})
