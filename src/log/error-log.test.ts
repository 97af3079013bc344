import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLog, type ErrorLog } from './error-log.ts'

function logTo(level: 'debug' | 'warn'): { log: ErrorLog; text: () => string } {
  const directory = mkdtempSync(join(tmpdir(), 'portico-log-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'error.log')
  const log = createLog({ destination: path, level, now: () => 0 })
  return { log, text: () => readFileSync(path, 'utf8') }
}

describe('createLog', () => {
  it('writes events with facts and words', async () => {
    const { log, text } = logTo('debug')
    log.info('worker.ready', { application: 'shop', pid: 7 })
    log.error('worker.failed', { application: 'shop' }, 'No module named "shop"')
    await log.close()
    expect(text()).toBe(
      '1970-01-01T00:00:00.000Z info worker.ready application=shop pid=7\n' +
        '1970-01-01T00:00:00.000Z error worker.failed application=shop | No module named "shop"\n',
    )
  })

  it('leaves out what is below its level', async () => {
    const { log, text } = logTo('warn')
    log.debug('server.stop')
    log.info('server.ready')
    log.warn('worker.stuck')
    log.error('internal.fault')
    await log.close()
    expect(text()).toBe(
      '1970-01-01T00:00:00.000Z warn worker.stuck\n1970-01-01T00:00:00.000Z error internal.fault\n',
    )
  })
})
