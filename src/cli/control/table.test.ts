import { expect, it } from 'vitest'
import type { StatusReport } from '../../server/control/status.ts'
import { statusText } from './status.ts'
import { count, duration, moment, size, table } from './table.ts'

it('makes columns as wide as their widest cell', () => {
  expect(
    table([
      ['a', 'bb', 'c'],
      ['aaa', 'b', ''],
    ]),
  ).toEqual(['a    bb  c', 'aaa  b'])
})

it.each([
  [0, '0.0 s'],
  [9949, '9.9 s'],
  [12_345, '12 s'],
  [119_999, '119 s'],
  [120_000, '2 min'],
  [3_600_000, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
  [356_400_000, '4 d 3 h'],
])('says %d ms as %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

it('says what is not known with a dash', () => {
  expect([size(null), count(null), size(62 * 1024 * 1024), count(0)]).toEqual(['-', '-', '62 MiB', '0'])
  expect(moment(Date.UTC(2026, 0, 31, 12))).toBe('2026-01-31 12:00:00Z')
})

it('tells of an HTTP process that does not answer, and of one that is being started again', () => {
  const silent = { memoryBytes: null, connections: null, requests: null, running: null, answers: false }
  const report: StatusReport = {
    version: '0.1.0',
    pid: 1,
    startedMs: 0,
    origin: '/srv/shop/portico.yaml',
    listen: ['http://127.0.0.1:8000'],
    http: [
      { role: 'serving', pid: 0, ...silent },
      { role: 'finishing', pid: 7, ...silent },
    ],
    applications: [],
    externals: [],
    services: [
      { name: 'clock', pid: 9, memoryBytes: 10 * 1024 * 1024 },
      { name: 'celery', pid: 0, memoryBytes: null },
    ],
  }
  expect(statusText(report, 5000).split('\n')).toEqual([
    'portico 0.1.0   pid 1   since 1970-01-01 00:00:00Z (5.0 s)   /srv/shop/portico.yaml',
    'listen   http://127.0.0.1:8000',
    'http     is being started again',
    'http     pid 7   finishing   does not answer',
    'service  clock   pid 9   10 MiB',
    'service  celery   is not running',
  ])
})
