// One piece of memory that all sockets read into, since what a read has brought is used up before the next one. A view costs
// more to make than a small piece costs to copy, and most reads are small and of few lengths: their views are kept.

const bytes = 64 * 1024
/** Views up to this length are kept: some hundred octets each, so this bounds their memory. */
const mostKept = 4096

export const readBuffer = Buffer.allocUnsafeSlow(bytes)
const views: (Buffer | undefined)[] = Array.from({ length: mostKept + 1 }, () => undefined)

/** What a read of that many octets has brought; valid until the next read of any socket. */
export function readBytes(count: number): Buffer {
  if (count > mostKept) return readBuffer.subarray(0, count)
  const known = views[count]
  if (known !== undefined) return known
  const view = readBuffer.subarray(0, count)
  views[count] = view
  return view
}
