// The answer that carries a page of this server's own: never kept by a cache, and with the request id.

import type { Answer } from '../http/exchange.ts'

export interface Page {
  readonly status: number
  /** 'text/html'; the text is sent as UTF-8. */
  readonly type: string
  readonly text: string
  readonly requestId: string
}

export function pageAnswer({ status, type, text, requestId }: Page, fields: readonly string[] = []): Answer {
  const own = [
    'Content-Type',
    `${type}; charset=utf-8`,
    'X-Request-Id',
    requestId,
    'Cache-Control',
    'no-store',
  ]
  return { status, fields: [...own, ...fields], body: Buffer.from(text) }
}
