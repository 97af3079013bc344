import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AccessEntry } from './access-line.ts'
import { openAccessLog } from './access-log.ts'
import { createLog } from './error-log.ts'

const log = createLog({ destination: 'off', level: 'error' })

function entryFor(target: string): AccessEntry {
  const texts = { user: '', referer: '', userAgent: '', requestId: 'r1', host: '', mount: '', worker: '' }
  const request = { remoteAddress: '192.0.2.7', wallMs: 0, method: 'GET', target, version: '1.1' }
  return { ...texts, ...request, status: 200, sentBytes: 1, tookMs: 0 }
}

describe('openAccessLog', () => {
  it('leaves out excluded paths and what is below them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-access-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'access.log')
    const access = openAccessLog({ destination: path, format: 'common', exclude: ['/health', '/s/'], log })
    for (const target of ['/health', '/health?x', '/health/live', '/healthy', '/s/a', '/s', '/']) {
      access.write(entryFor(target))
    }
    await access.close()
    const targets = [...readFileSync(path, 'utf8').matchAll(/"GET (\S+) /g)].map((match) => match[1])
    expect(targets).toEqual(['/healthy', '/s', '/'])
  })

  it('says that it is off', () => {
    expect(openAccessLog({ destination: 'off', format: 'json', exclude: [], log }).enabled).toBe(false)
  })
})
