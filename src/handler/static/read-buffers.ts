// Buffers that files are read into on their way to sockets, used again and again: fresh memory costs a page fault for
// every 4 KiB, which is as much as the copy itself.

/** Octets a read. Larger ones were not faster and hold more memory for each slow client. */
export const readBytes = 128 * 1024

/** Kept for the next file; what is beyond is left to the collector. */
const maxKept = 32
const kept: Buffer[] = []

/** A buffer of `readBytes` octets that nobody else has. */
export function takeBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(readBytes)
}

/** Gives it back: nobody reads it any more, and nothing of it is on its way. */
export function giveBuffer(buffer: Buffer): void {
  if (kept.length < maxKept) kept.push(buffer)
}
