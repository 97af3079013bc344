import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryLog } from '../../test/double/log.ts'
import { RateLimit } from './rate-limit.ts'

const settings = { requests: 10, per: 1000, burst: 20 }
const limit = (): RateLimit => new RateLimit(settings, new MemoryLog())

describe('RateLimit', () => {
  it('lets a burst through, then as many as the rate says', () => {
    const rate = limit()
    const took = (nowMs: number, count: number) =>
      Array.from({ length: count }, () => rate.take('192.0.2.1', '/', nowMs)).filter((wait) => wait === 0)
        .length
    expect(took(0, 100)).toBe(20)
    expect(took(99, 1)).toBe(0)
    expect(took(1000, 100)).toBe(10)
    expect(took(60_000, 100)).toBe(20)
  })

  it('says after how many seconds to come again', () => {
    const rate = new RateLimit({ requests: 1, per: 60_000, burst: 1 }, new MemoryLog())
    expect(rate.take('192.0.2.1', '/', 0)).toBe(0)
    expect(rate.take('192.0.2.1', '/', 100)).toBe(60)
    expect(rate.take('192.0.2.1', '/', 59_999)).toBe(1)
    expect(rate.take('192.0.2.1', '/', 60_000)).toBe(0)
  })

  it('has a bucket for each address, of IPv6 for each network, and none for nobody', () => {
    const rate = new RateLimit({ requests: 1, per: 1000, burst: 1 }, new MemoryLog())
    const addresses = [
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.1',
      '2001:db8::1',
      '2001:db8::2',
      '2001:db8:1::1',
      '',
      '',
    ]
    expect(addresses.map((address) => rate.take(address, '/', 0))).toEqual([0, 0, 1, 0, 1, 0, 0, 0])
  })

  it('remembers so many clients and no more', () => {
    const rate = limit()
    for (let i = 0; i < 50_000; i++) rate.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, '/', i)
    expect(rate.size).toBe(20_000)
  })

  it('tells the log of the first that is refused, and of the rest together', () => {
    const log = new MemoryLog()
    const rate = new RateLimit({ requests: 1, per: 3_600_000, burst: 1 }, log)
    for (let i = 0; i < 100; i++) rate.take('192.0.2.1', '/api', i)
    rate.take('192.0.2.1', '/api', 1001)
    expect(log.events.map(({ facts }) => facts)).toEqual([
      { address: '192.0.2.1', mount: '/api', count: 1, requests: 1, per: 3_600_000 },
      { address: '192.0.2.1', mount: '/api', count: 99, requests: 1, per: 3_600_000 },
    ])
  })

  it('agrees with a bucket that is filled drop by drop', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 })
    const rates = fc.record({
      requests: fc.constantFrom(1, 2, 3, 7, 10, 100),
      per: fc.constantFrom(1000, 60_000),
      burst: fc.integer({ min: 1, max: 30 }),
    })
    fc.assert(
      fc.property(rates, pauses, ({ requests, per, burst }, waits) => {
        const rate = new RateLimit({ requests, per, burst }, new MemoryLog())
        // Tokens times `per`, so that the model has whole numbers only.
        let tokens = burst * per
        let nowMs = 0
        for (const wait of waits) {
          nowMs += wait
          tokens = Math.min(burst * per, tokens + wait * requests)
          const allowed = tokens >= per
          if (allowed) tokens -= per
          expect(rate.take('192.0.2.1', '/', nowMs) === 0).toBe(allowed)
        }
      }),
    )
  })
})
