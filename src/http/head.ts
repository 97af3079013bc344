// The heads of messages (RFC 9112 sections 3 to 6) as values: what the parser produced and what answers carry.

import type { Fields } from './fields.ts'
import type { Target } from './target.ts'

/** How long the body of a request is, decided once by the parser (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'sized'; readonly length: number }
  | { readonly kind: 'chunked' }

/** The head of one request; every string is a ByteString. */
export interface RequestHead {
  readonly method: string
  readonly target: Target
  /** 10 for HTTP/1.0 and 11 for HTTP/1.1; a higher minor version counts as 11. */
  readonly version: 10 | 11
  readonly fields: Fields
  readonly framing: Framing
  /** Host as the client meant it: authority of an absolute target, else the Host field; '' when empty or absent. */
  readonly authority: string
  /** The client keeps the connection open after the answer, as far as its head says (RFC 9112 section 9.3). */
  readonly keepAlive: boolean
  /** The client waits for 100 (Continue) before it sends the body. */
  readonly expectsContinue: boolean
}
