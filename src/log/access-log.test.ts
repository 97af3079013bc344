import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AccessEntry } from './access-line.ts'
import { accessLogTo, openAccessSink } from './access-log.ts'
import { createLog } from './error-log.ts'

const log = createLog({ destination: 'off', level: 'error' })

function entryFor(target: string): AccessEntry {
  const texts = { user: '', referer: '', userAgent: '', requestId: 'r1', host: '', mount: '', worker: '' }
  const request = { remoteAddress: '192.0.2.7', wallMs: 0, method: 'GET', target, version: '1.1' }
  return { ...texts, ...request, path: target, status: 200, sentBytes: 1, tookMs: 0 }
}

describe('accessLogTo', () => {
  it('leaves out excluded paths and what is below them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-access-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'access.log')
    const sink = openAccessSink(path, 1, log)
    const access = accessLogTo(sink, { format: 'common', exclude: ['/health', '/s/', '/ü'] })
    for (const target of ['/health', '/health/live', '/healthy', '/s/a', '/s', '/', '/\xc3\xbc']) {
      access.write(entryFor(target))
    }
    await sink.close()
    const targets = [...readFileSync(path, 'utf8').matchAll(/"GET (\S+) /g)].map((match) => match[1])
    expect(targets).toEqual(['/healthy', '/s', '/'])
  })
})
