import { describe, expect, it } from 'vitest'
import { FakeExchange } from '../../test/double/exchange.ts'
import { RedirectHandler } from './redirect.ts'

async function locationOf(location: string): Promise<unknown> {
  const exchange = new FakeExchange({ path: '/go/x', query: 'a=b' })
  new RedirectHandler({ location, status: 308 }).answer(exchange)
  const outcome = await exchange.outcome
  return outcome.kind === 'answer'
    ? { status: outcome.answer.status, fields: outcome.answer.fields }
    : outcome
}

describe('RedirectHandler', () => {
  it('answers with the location as it is written', async () => {
    const location = 'https://example.com/a%20b?c=d#e'
    expect(await locationOf(location)).toEqual({ status: 308, fields: ['Location', location] })
  })

  it('escapes what no URI may hold', async () => {
    const escaped = 'https://example.com/caf%C3%A9%20%F0%9F%8E%89%0D%0AX:'
    expect(await locationOf('https://example.com/caf\u00e9 \u{1f389}\r\nX:')).toEqual({
      status: 308,
      fields: ['Location', escaped],
    })
  })
})
