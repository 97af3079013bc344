import { expect, it } from 'vitest'
import { type LogQuestion, RecentLines } from './recent-lines.ts'

const all: LogQuestion = { after: 0, lines: 1000, request: null }

function texts(recent: RecentLines, question: Partial<LogQuestion> = {}): string[] {
  return recent.read({ ...all, ...question }).events.map(({ text }) => text)
}

it('gives back what was added, line by line', () => {
  const recent = new RecentLines()
  recent.add('one\ntwo\n')
  recent.add('three\n')
  expect(texts(recent)).toEqual(['one', 'two', 'three'])
})

it('gives the last lines only', () => {
  const recent = new RecentLines()
  recent.add('one\ntwo\nthree\n')
  recent.add('four\n')
  expect(texts(recent, { lines: 2 })).toEqual(['three', 'four'])
})

it('keeps an event together with its indented lines, even when it is longer than what was asked for', () => {
  const recent = new RecentLines()
  recent.add('before\n')
  recent.add('error worker.failed\n    Traceback\n    KeyError\n')
  expect(texts(recent, { lines: 1 })).toEqual(['error worker.failed\n    Traceback\n    KeyError'])
})

it('gives an event whole that is longer than the rest of what was asked for', () => {
  const recent = new RecentLines()
  recent.add('before\nerror worker.failed\n    Traceback\n    KeyError\n')
  recent.add('after\n')
  expect(texts(recent, { lines: 2 })).toEqual(['error worker.failed\n    Traceback\n    KeyError', 'after'])
})

it('finds what names a request, and no request that begins the same', () => {
  const recent = new RecentLines()
  recent.add('"GET /a" 200 0f-1 3\n"GET /b" 200 0f-12 3\n')
  recent.add('warn application.errors request=0f-1\n    it happened\n')
  recent.add('{"request":"0f-1"}\n')
  expect(texts(recent, { request: '0f-1' })).toEqual([
    '"GET /a" 200 0f-1 3',
    'warn application.errors request=0f-1\n    it happened',
    '{"request":"0f-1"}',
  ])
})

it('goes on where it was left', () => {
  const recent = new RecentLines()
  recent.add('one\n')
  const { next } = recent.read(all)
  expect(texts(recent, { after: next })).toEqual([])
  recent.add('two\n')
  expect(texts(recent, { after: next })).toEqual(['two'])
})

it('forgets the oldest over its limits of pieces and of octets', () => {
  const few = new RecentLines(2)
  for (const text of ['one\n', 'two\n', 'three\n']) few.add(text)
  expect(texts(few)).toEqual(['two', 'three'])
  const small = new RecentLines(100, 12)
  for (const text of ['one\n', 'two\n', 'three\n']) small.add(text)
  expect(texts(small)).toEqual(['three'])
  small.add('four\n')
  expect(texts(small)).toEqual(['three', 'four'])
  small.add(`${'x'.repeat(11)}\n`)
  expect(texts(small)).toEqual(['x'.repeat(11)])
  small.add(`${'y'.repeat(12)}\n`)
  expect(texts(small)).toEqual(['x'.repeat(11)])
})

it('keeps the newest whole and in order, whatever their lengths', () => {
  const recent = new RecentLines(7, 100)
  const added: string[] = []
  for (let i = 0; i < 500; i++) {
    const text = `${i}-${'é'.repeat((i * 7) % 23)}`
    added.push(text)
    recent.add(`${text}\n`)
    const kept = texts(recent)
    expect(kept).toEqual(added.slice(-kept.length))
    expect(kept.length).toBeGreaterThan(0)
  }
})

it('leaves out the colours of a terminal', () => {
  const recent = new RecentLines()
  recent.add('\u001b[31merror\u001b[0m x\n')
  expect(texts(recent)).toEqual(['error x'])
})
