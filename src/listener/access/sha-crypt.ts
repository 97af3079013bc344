// SHA-crypt, the hashes $5$ and $6$ of crypt(3) (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512"); slow on purpose.
// The numbers in the comments are those of its steps.

import { createHash } from 'node:crypto'

interface Kind {
  readonly algorithm: 'sha256' | 'sha512'
  /** Octets of the digest in the order in which they are written, three at a time. */
  readonly order: readonly number[]
}

// biome-ignore format: tables of the specification
const sha256: Kind = {
  algorithm: 'sha256',
  order: [
    0, 10, 20, 21, 1, 11, 12, 22, 2, 3, 13, 23, 24, 4, 14, 15, 25, 5, 6, 16, 26, 27, 7, 17, 18, 28, 8, 9, 19, 29,
  ],
}
// biome-ignore format: tables of the specification
const sha512: Kind = {
  algorithm: 'sha512',
  order: [
    0, 21, 42, 22, 43, 1, 44, 2, 23, 3, 24, 45, 25, 46, 4, 47, 5, 26, 6, 27, 48, 28, 49, 7, 50, 8, 29, 9, 30, 51, 31,
    52, 10, 53, 11, 32, 12, 33, 54, 34, 55, 13, 56, 14, 35, 15, 36, 57, 37, 58, 16, 59, 17, 38, 18, 39, 60, 40, 61, 19,
    62, 20, 41,
  ],
}
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const pattern = /^\$([56])\$(?:rounds=(\d+)\$)?([^$]{0,16})\$([^$]+)$/
const usualRounds = 5000
const fewestRounds = 1000

/** The last part of the hash that `password` has with the salt and rounds of `hash`; undefined when that is no such hash. */
export function shaCrypt(password: string, hash: string): string | undefined {
  const [, kind = '', rounds = String(usualRounds), salt = ''] = pattern.exec(hash) ?? []
  if (kind === '') return undefined
  return new ShaCrypt(kind === '5' ? sha256 : sha512, Buffer.from(password), Buffer.from(salt)).run(
    Math.max(fewestRounds, Number(rounds)),
  )
}

class ShaCrypt {
  readonly #kind: Kind
  readonly #password: Buffer
  readonly #salt: Buffer

  constructor(kind: Kind, password: Buffer, salt: Buffer) {
    this.#kind = kind
    this.#password = password
    this.#salt = salt
  }

  run(rounds: number): string {
    let digest = this.#first()
    // 13 to 16
    const p = stretched(this.#digest(repeated(this.#password, this.#password.length)), this.#password.length)
    // 17 to 20
    const s = stretched(this.#digest(repeated(this.#salt, 16 + (digest[0] ?? 0))), this.#salt.length)
    // 21
    for (let round = 0; round < rounds; round++) {
      const odd = round % 2 === 1
      const parts = [odd ? p : digest]
      if (round % 3 !== 0) parts.push(s)
      if (round % 7 !== 0) parts.push(p)
      parts.push(odd ? digest : p)
      digest = this.#digest(parts)
    }
    return this.#written(digest)
  }

  /** 1 to 12. */
  #first(): Buffer {
    const password = this.#password
    const salt = this.#salt
    const b = this.#digest([password, salt, password])
    const parts = [password, salt, stretched(b, password.length)]
    for (let length = password.length; length > 0; length >>= 1) parts.push(length % 2 === 1 ? b : password)
    return this.#digest(parts)
  }

  #digest(parts: readonly Buffer[]): Buffer {
    const hash = createHash(this.#kind.algorithm)
    for (const part of parts) hash.update(part)
    return hash.digest()
  }

  /** 22: six bits a character, the lowest first; the octets that are left over are one group of their own. */
  #written(digest: Buffer): string {
    const { order } = this.#kind
    let text = ''
    for (let i = 0; i < order.length; i += 3) {
      const [a = 0, b = 0, c = 0] = order.slice(i, i + 3).map((at) => digest[at] ?? 0)
      text += characters((a << 16) | (b << 8) | c, 4)
    }
    if (digest.length === 32) return text + characters(((digest[31] ?? 0) << 8) | (digest[30] ?? 0), 3)
    return text + characters(digest[63] ?? 0, 2)
  }
}

function characters(bits: number, count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += alphabet.charAt((bits >> (6 * i)) & 63)
  return text
}

function repeated(part: Buffer, times: number): Buffer[] {
  return Array.from({ length: times }, () => part)
}

/** The digest over and over, `length` octets of it. */
function stretched(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest)
}
