// What the access log hears of a request, and which of them hears it.

import { monotonicMs, wallClockMs } from '../clock.ts'
import type { Exchange } from '../http/exchange.ts'
import { firstField } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import type { AccessEntry } from '../log/access-line.ts'
import type { AccessLog } from '../log/access-log.ts'

/** Which access log a request gets its line in. */
export interface SiteAccessLogs {
  /** For requests of which nobody knows the site. */
  readonly main: AccessLog
  of(host: string): AccessLog
}

/**
 * @param head as the client sent it
 * @param path as it was before any rule
 */
export function accessEntry(
  exchange: Exchange,
  head: RequestHead,
  path: string,
  status: number,
  sentBytes: number,
): AccessEntry {
  const { id, host, mount, worker, user, peer, receivedMs } = exchange
  const tookMs = monotonicMs() - receivedMs
  return {
    remoteAddress: peer.remoteAddress,
    user,
    wallMs: wallClockMs() - tookMs,
    method: head.method,
    target: head.target.raw,
    path,
    version: head.version === 11 ? '1.1' : '1.0',
    status,
    sentBytes,
    referer: firstField(head.fields, 'referer') ?? '',
    userAgent: firstField(head.fields, 'user-agent') ?? '',
    requestId: id,
    tookMs,
    host,
    mount,
    worker,
  }
}
