// The named limits of the HTTP/1.1 engine (DESIGN sections 4 and 6). Sizes in octets, times in milliseconds, 0 = off.

/** What the parser enforces. */
export interface ParserLimits {
  /** Request line and fields together, and trailers on their own: over it 431. */
  readonly maxHeadBytes: number
  /** Fields of one head: over it 431. */
  readonly maxFieldCount: number
  /** Request line: over it 414. */
  readonly maxRequestLineBytes: number
}

/** What the connection enforces. */
export interface ConnectionLimits extends ParserLimits {
  /** From the first octet of a request to the end of its head, in all: 408. */
  readonly headTimeMs: number
  /** Between two pieces of a body. */
  readonly bodyIdleMs: number
  /** Octets a second on average: that a body must come with after the first `bodyIdleMs`, and an answer be taken with. */
  readonly minBodyRateBytes: number
  /** For so long a client may take nothing, or less than the rate, of what waits for it. */
  readonly writeIdleMs: number
  /** Between two requests. */
  readonly keepAliveMs: number
}

/** Least `keepAliveMs` of a trusted proxy: proxies keep connections for 60 s, and must be the ones who close them. */
const proxyKeepAliveMs = 75_000

/** The limits of connections of trusted proxies. */
export function limitsForProxies(limits: ConnectionLimits): ConnectionLimits {
  const { keepAliveMs } = limits
  return keepAliveMs === 0 ? limits : { ...limits, keepAliveMs: Math.max(keepAliveMs, proxyKeepAliveMs) }
}

/** DESIGN section 6: a request line of 8 KiB, not configurable; the head limit bounds the rest. */
export const requestLineBytes = 8192

/** Octets of one chunk line (size and extensions); extensions carry nothing we use. */
export const maxChunkLineBytes = 256

/** Octets of all chunk extensions of one body: without it a body of empty meaning could go on for ever. */
export const maxChunkExtensionBytes = 16 * 1024
