import { describe, expect, it } from 'vitest'
import type { PorticoError } from '../failure.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Handler, Match } from './handler.ts'
import { CodeGate, NewCodeHandler } from './new-code.ts'

const match: Match = { mount: '/', scriptName: '', pathInfo: '/' }
const story = { headline: 'a.py changed; the new code fails', message: '', hint: '', traceback: '' }

function asking(gate: CodeGate, ...fields: string[]) {
  const answered: Exchange[] = []
  const failures: PorticoError[] = []
  const inner: Handler = { kind: 'wsgi', answer: (exchange) => answered.push(exchange) }
  const parts = {
    head: { method: 'GET', fields },
    whenGone: undefined,
    fail: (why: PorticoError) => failures.push(why),
  }
  const exchange = parts as unknown as Exchange // the rest is not looked at
  new NewCodeHandler(gate, inner).answer(exchange, match)
  return { exchange, answered, failures }
}

describe('CodeGate', () => {
  it('lets requests through once the new code answers', () => {
    const gate = new CodeGate()
    const asked = asking(gate)
    expect(asked.answered).toEqual([])
    gate.update({ kind: 'answers' })
    expect(asked.answered).toEqual([asked.exchange])
    expect(asked.exchange.whenGone).toBeUndefined()
    expect(asking(gate).answered).toHaveLength(1)
  })

  it('forgets a client that has gone while it waited', () => {
    const gate = new CodeGate()
    const asked = asking(gate)
    asked.exchange.whenGone?.cancel()
    gate.update({ kind: 'answers' })
    expect([asked.answered, asked.failures]).toEqual([[], []])
  })

  it('shows a failure to people, and to everybody when there is no old code', () => {
    const gate = new CodeGate()
    gate.update({ kind: 'failed', story, oldAnswers: true })
    expect(asking(gate, 'Accept', 'text/html').failures).toMatchObject([{ code: 'E_BACKEND_FAILED', story }])
    expect(asking(gate, 'Accept', '*/*').answered).toHaveLength(1)
    gate.update({ kind: 'failed', story, oldAnswers: false })
    expect(asking(gate, 'Accept', '*/*').failures).toHaveLength(1)
  })
})
