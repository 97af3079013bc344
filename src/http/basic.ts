// Basic credentials (RFC 7617) of the Authorization field, strictly: everything else is as good as none. Pure.

import { allFields, type Fields } from './fields.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** No hash looks at more of a password in good time: SHA-crypt takes longer with the square of its length. */
const maxPasswordBytes = 512
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined for none, for several, and for those that are malformed. */
export function basicCredentials(fields: Fields): Credentials | undefined {
  const [value, second] = allFields(fields, 'authorization')
  if (value === undefined || second !== undefined) return undefined
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value)?.[1]
  if (encoded === undefined) return undefined
  const text = decode(encoded)
  const colon = text.indexOf(':')
  // No control characters (RFC 7617 section 2); NUL would end a password for bcrypt.
  if (colon < 1 || /[\x00-\x1f\x7f]/.test(text)) return undefined
  const password = text.slice(colon + 1)
  if (Buffer.byteLength(password) > maxPasswordBytes) return undefined
  return { user: text.slice(0, colon), password }
}

function decode(encoded: string): string {
  try {
    return strictUtf8.decode(Buffer.from(encoded, 'base64'))
  } catch {
    return ''
  }
}
