import { describe, expect, it } from 'vitest'
import { eventText, type Happening } from './text.ts'

const base: Happening = {
  wallMs: Date.UTC(2026, 10, 22, 17, 5, 0, 123),
  level: 'error',
  event: 'worker.exited',
  facts: {},
  text: '',
}

function factsText(facts: Happening['facts']): string {
  return eventText({ ...base, facts }, false).slice('2026-11-22T17:05:00.123Z error worker.exited'.length, -1)
}

function wordsText(text: string): string {
  return eventText({ ...base, text }, false).slice('2026-11-22T17:05:00.123Z error worker.exited'.length, -1)
}

describe('eventText', () => {
  it('is one line of time, level, event and facts', () => {
    const facts = { application: 'shop', pid: 12, signal: 'SIGKILL' }
    expect(eventText({ ...base, facts }, false)).toBe(
      '2026-11-22T17:05:00.123Z error worker.exited application=shop pid=12 signal=SIGKILL\n',
    )
  })

  it('leaves out a fact that is undefined and keeps false and zero', () => {
    expect(factsText({ a: undefined, b: false, c: 0 })).toBe(' b=false c=0')
  })

  it('quotes a value that a reader could take for something else', () => {
    expect(factsText({ a: '', b: 'two words', c: 'x=y', d: 'a"b\\c', e: 'a|b' })).toBe(
      ' a="" b="two words" c="x=y" d="a\\"b\\\\c" e="a|b"',
    )
  })

  it('leaves letters of every script and paths as they are', () => {
    expect(factsText({ path: '/srv/shop/über.py', name: '店' })).toBe(' path=/srv/shop/über.py name=店')
  })

  it('escapes line ends, ESC, DEL, C1 controls and text that runs backwards in a value', () => {
    expect(factsText({ a: 'x\r\ny\tz' })).toBe(' a="x\\r\\ny\\tz"')
    expect(factsText({ a: '\x1b[31m\x7f\x9b\0' })).toBe(' a="\\x1b[31m\\x7f\\x9b\\x00"')
    expect(factsText({ a: '\u202e\u2028' })).toBe(' a="\\u{202e}\\u{2028}"')
  })

  it('puts words of one line behind the facts', () => {
    expect(wordsText('hello world\n')).toBe(' | hello world')
  })

  it('puts words of several lines on indented lines', () => {
    expect(wordsText('Traceback:\r\n  File "a.py"\n\nValueError\n')).toBe(
      '\n    Traceback:\n      File "a.py"\n    \n    ValueError',
    )
  })

  it('escapes controls in words, so that they cannot forge an event', () => {
    const text = wordsText('a\r2026-11-22T00:00:00.000Z error worker.exited\nb\x1b]0;x\x07')
    expect(text).toBe('\n    a\\r2026-11-22T00:00:00.000Z error worker.exited\n    b\\x1b]0;x\\x07')
  })

  it('colours only the level', () => {
    expect(eventText(base, true)).toBe('2026-11-22T17:05:00.123Z \x1b[31merror\x1b[0m worker.exited\n')
  })
})
