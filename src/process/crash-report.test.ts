import { describe, expect, it } from 'vitest'
import { type Crash, crashDetails, crashHeadline, crashLikeness } from './crash-report.ts'

function crash(change: Partial<Crash> = {}): Crash {
  return {
    application: 'shop',
    worker: 3,
    exit: { code: null, signal: 'SIGSEGV' },
    cause: '',
    memory: 'unknown',
    held: ['a-1'],
    untried: false,
    deaths: 1,
    retryMs: 0,
    stack: 'Current thread 0x00007fac0b7fe6c0 (most recent call first):\n  File "views.py", line 3 in buy',
    ...change,
  }
}

const signal = (name: string): Crash['exit'] => ({ code: null, signal: name })

describe('crashHeadline', () => {
  it.each([
    [crash(), /^Worker 3 of application "shop" was killed by SIGSEGV: code in C touched memory/],
    [crash({ exit: signal('SIGBUS') }), /SIGBUS: code in C touched memory that is not there any more/],
    [
      crash({ exit: signal('SIGKILL'), memory: 'killed' }),
      /SIGKILL: the kernel killed it for lack of memory/,
    ],
    [crash({ exit: signal('SIGKILL'), memory: 'not-killed' }), /SIGKILL: somebody sent that; the kernel has/],
    [crash({ exit: signal('SIGKILL') }), /SIGKILL: somebody sent that, or memory was short/],
    [crash({ exit: signal('SIGABRT'), cause: 'it was given up' }), /SIGABRT: it was given up$/],
    [crash({ exit: signal('SIGXCPU') }), /was killed by SIGXCPU$/],
    [crash({ exit: { code: 7, signal: null } }), /exited with code 7: the application ended its process$/],
    [
      crash({ exit: { code: null, signal: null } }),
      /code unknown: nobody saw how, since the process that it was/,
    ],
    [crash({ exit: { code: 0, signal: null } }), /exited with code 0: something asked it to end/],
  ])('says how it ended and what that means: %#', (one, words) => {
    expect(crashHeadline(one)).toMatch(words)
  })

  it('names memory only where a kill was counted', () => {
    for (const name of ['SIGSEGV', 'SIGTERM', 'SIGABRT'])
      expect(crashHeadline(crash({ exit: signal(name), memory: 'killed' }))).not.toContain('lack of memory')
  })
})

describe('crashDetails', () => {
  it('names what it held, as far as that is known', () => {
    const first = (held: Crash['held']) => crashDetails(crash({ held }), false)[0]
    expect(first(['a-1'])).toBe('It held the request a-1')
    expect(first(['a-1', 'a-2'])).toBe('It held the requests a-1, a-2')
    expect(first([])).toBe('It held no request')
    expect(first(undefined)).toContain('ended unasked so far')
    expect(crashDetails(crash({ held: [], untried: true }), false)[0]).toMatch(
      /^It had had no request\. .* does it end when one is empty\?$/,
    )
    expect(first(Array.from({ length: 25 }, (_, i) => `a-${i}`))).toMatch(/a-19 and 5 more$/)
  })

  it('says when the next one starts', () => {
    const line = (change: Partial<Crash>) => crashDetails(crash(change), false)[1]
    expect(line({})).toBe(
      '1 worker of this application has ended unasked so far; the next one starts at once',
    )
    expect(line({ deaths: 4, retryMs: 1600 })).toMatch(
      /^4 workers .* have .*; the next one starts in 1\.6 s$/,
    )
    expect(line({ retryMs: undefined })).toMatch(/being replaced already$/)
  })

  it('ends with the stack, unless that was told before', () => {
    expect(crashDetails(crash(), false).at(-1)).toContain('line 3 in buy')
    expect(crashDetails(crash(), true)).toHaveLength(2)
    expect(crashDetails(crash({ stack: '' }), false)).toHaveLength(2)
  })
})

it('finds deaths alike but for addresses and other threads', () => {
  const { stack } = crash()
  const alike = crash({ worker: 4, held: [], stack: stack.replace('7fac0b7fe6c0', '7f41deadbeef') })
  expect(crashLikeness(alike)).toBe(crashLikeness(crash()))
  const busy = crash({ stack: `${stack}\n\nThread 0x00007fac11649b80:\n  File "jobs.py", line 1 in run` })
  expect(crashLikeness(busy)).toBe(crashLikeness(crash()))
  expect(crashLikeness(crash({ stack: stack.replace('line 3', 'line 4') }))).not.toBe(crashLikeness(crash()))
})
