import { describe, expect, it } from 'vitest'
import type { RequestHead } from '../http/head.ts'
import { isNavigation, lastPlace, RevealedFailure, revealingAnswer } from './revealed.ts'

function head(method: string, ...fields: string[]): RequestHead {
  return { method, fields } as unknown as RequestHead // the rest is not looked at
}

describe('isNavigation', () => {
  it.each([
    ['a page in a browser', head('GET', 'Sec-Fetch-Mode', 'navigate', 'Accept', '*/*'), true],
    ['a script that takes HTML', head('GET', 'Sec-Fetch-Mode', 'cors', 'Accept', 'text/html'), false],
    ['a browser on plain HTTP', head('GET', 'Accept', 'text/html,*/*;q=0.8'), true],
    ['a form that is sent', head('POST', 'Sec-Fetch-Mode', 'navigate', 'Accept', 'text/html'), false],
    ['curl', head('GET', 'Accept', '*/*'), false],
    ['nothing said', head('GET'), false],
  ])('%s', (_, asked, expected) => {
    expect(isNavigation(asked)).toBe(expected)
  })
})

describe('lastPlace', () => {
  it('is the innermost frame, or where the syntax is wrong', () => {
    expect(
      lastPlace('  File "/a.py", line 1, in f\n  File "/b c.py", line 22, in g\nE: File "x", line 3'),
    ).toBe('/b c.py:22')
    expect(lastPlace('no frames')).toBe('')
  })

  it('is the first frame of the thread that crashed the interpreter', () => {
    const [other, crashed] = [
      '  File "/a.py", line 1 in f',
      '  File "/b.py", line 2 in g\n  File "/c.py", line 3 in h',
    ]
    const text = `Fatal Python error: x\n\nThread 0x1:\n${other}\n\nCurrent thread 0x2:\n${crashed}\n\nThread 0x3:\n${other}`
    expect(lastPlace(text)).toBe('/b.py:2')
  })
})

describe('revealingAnswer', () => {
  const story = {
    headline: 'It fails',
    message: '<m> & "q"',
    hint: '',
    traceback: '</pre><script>1</script>',
  }
  const failure = new RevealedFailure('E_APPLICATION_RAISED', story)
  const bodyFor = (accept: string) =>
    String(revealingAnswer(failure, 500, 'r-1', head('GET', 'Accept', accept)).body)

  it('holds nothing of the text as HTML', () => {
    const page = bodyFor('text/html')
    expect(page).toContain('&lt;m&gt; &amp; &quot;q&quot;')
    expect(page).not.toMatch(/<script>|<\/pre><script/)
  })

  it('is plain text for who does not ask for HTML', () => {
    expect(bodyFor('application/json')).toBe(
      '500 Internal Server Error\n\nIt fails\n\n<m> & "q"\n\n</pre><script>1</script>\n\nRequest id: r-1\n',
    )
  })
})
