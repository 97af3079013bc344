// Whether a password has a hash, for the hashes that schema/htpasswd.ts takes. Slow on purpose: runs in password-thread.ts.

import { timingSafeEqual } from 'node:crypto'
import apacheMd5Module from 'apache-md5'
import bcrypt from 'bcryptjs'
import { shaCrypt } from './sha-crypt.ts'

// Its types speak of a default export, and it has none.
const apacheMd5 = apacheMd5Module as unknown as (password: string, hash: string) => string

export function hasHash(password: string, hash: string): boolean {
  if (hash.startsWith('$2')) return bcrypt.compareSync(password, hash)
  if (hash.startsWith('$apr1$')) {
    // The package takes a code unit for an octet.
    return same(apacheMd5(Buffer.from(password).toString('latin1'), hash), hash)
  }
  const end = shaCrypt(password, hash)
  return end !== undefined && same(end, hash.slice(hash.lastIndexOf('$') + 1))
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
