import { expect, it } from 'vitest'
import { hasHash } from './password-hash.ts'

const long = 'ab'.repeat(32)
const word = 'secret wörd'

// By htpasswd of Apache 2.4, `openssl passwd`, and crypt(3) of glibc.
it.each([
  ['bcrypt', word, '$2y$05$RBoIZGb7GvVUBbt3OFFBlensn3F/hZBKkla87S1K759XN1lFbJ/Gy'],
  ['bcrypt as others write it', word, '$2b$05$RBoIZGb7GvVUBbt3OFFBlensn3F/hZBKkla87S1K759XN1lFbJ/Gy'],
  ['apr1', word, '$apr1$pY3q8iiX$Ud1CDzYeYuD1tojFDHVHr0'],
  ['SHA-256', word, '$5$eOWoXG3nqZm756ms$4xPVcNce7cMie91gALCYPMFu0UNmp2791tcIaF6YVfA'],
  [
    'SHA-512',
    word,
    '$6$tUYBLELyyxtOzrlc$vcWA3vxTT0qVr0fCgey5vyRp.YM/9FZ7AJY7ccfYJ5ByQKGEwKESkjhhDNFU52hxb51SDePJ3puYKMY7G0u121',
  ],
  [
    'SHA-512 with rounds',
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  ['SHA-256 of a whole block', long.slice(32), '$5$saltsalt$s7vQNljpBpFvkwh/Zl.VTBMCrKenPzn84cMxgjVvpg3'],
  [
    'SHA-512 of a whole block',
    long,
    '$6$saltsalt$DvzS1bbCJThlpniNtArfGWJc3HjGmt3phR3M01YNbcIQRaWUK7IkBlNNJgNIKUkJEZpL8CMW2Kt0BrWxiqm7U.',
  ],
])('knows a password by %s', (_, password, hash) => {
  expect(hasHash(password, hash)).toBe(true)
  expect(hasHash(`${password} `, hash)).toBe(false)
  expect(hasHash('', hash)).toBe(false)
})

it('knows nothing by what is no hash', () => {
  expect(hasHash('secret', 'secret')).toBe(false)
  expect(hasHash('', '')).toBe(false)
  expect(hasHash('x', '$2y$05$short')).toBe(false)
})
