import { describe, expect, it } from 'vitest'
import { isNetwork } from './network.ts'

describe('isNetwork', () => {
  it.each(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0', '::/128'])('takes %s', (text) => {
    expect(isNetwork(text)).toBe(true)
  })

  it.each(['', 'localhost', '10.0.0.0/33', '::/129', '10.0.0/8', '1.2.3.4/', '1.2.3.4/-1', '1.2.3.4/8/8'])(
    'refuses "%s"',
    (text) => {
      expect(isNetwork(text)).toBe(false)
    },
  )
})
