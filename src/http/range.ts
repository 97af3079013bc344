// Range requests (RFC 9110 section 14): what of a representation a Range field asks for. Pure: octet positions in and out.
// A field that is not valid, or asks for more pieces than anybody needs, is ignored, as section 14.2 allows.

import { trimmedValue } from './fields.ts'

/** A span of a representation: the first octet and the one behind the last. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** 'whole': answer as if there were no Range. 'unsatisfiable': 416. */
export type Ranges = 'whole' | 'unsatisfiable' | readonly ByteRange[]

/** A field with more ranges is ignored: readers of PDF files ask for a few dozen, attacks for thousands. */
export const maxRanges = 64

/** Ranges that overlap, or with a gap smaller than what a part costs (section 15.3.7.2), become one. */
export const maxGapBytes = 128

/** Elements of the list, the empty ones included. */
const maxElements = 4 * maxRanges
const bytesUnit = /^bytes=/i
const spec = /^(?:([0-9]+)-([0-9]*)|-([0-9]+))$/

/** Decides a Range field for a representation of `size` octets. */
export function decideRanges(value: string, size: number): Ranges {
  // Of nothing there is no part, and no Content-Range could say so.
  if (size === 0 || !bytesUnit.test(value)) return 'whole'
  const elements = value.slice('bytes='.length).split(',', maxElements)
  const specs = elements.map((text) => trimmedValue(text, 0, text.length)).filter((text) => text !== '')
  if (specs.length === 0 || specs.length > maxRanges || elements.length === maxElements) return 'whole'
  const ranges: ByteRange[] = []
  for (const text of specs) {
    const range = rangeOf(text, size)
    if (range === 'bad') return 'whole'
    if (range !== undefined) add(ranges, range)
  }
  return ranges.length === 0 ? 'unsatisfiable' : ranges
}

/** One range cut to the size; undefined when it lies behind the end; 'bad' when it is not one. */
function rangeOf(text: string, size: number): ByteRange | undefined | 'bad' {
  const found = spec.exec(text)
  if (found === null) return 'bad'
  const [, first, last, suffix] = found
  if (first === undefined) {
    const length = Number(suffix)
    return length === 0 ? undefined : { start: Math.max(0, size - length), end: size }
  }
  // Positions beyond 2^53 lose their last digits, which changes nothing: no file reaches that far.
  const start = Number(first)
  if (last !== '' && isGreater(first, last as string)) return 'bad'
  if (start >= size) return undefined
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

/** Whether one decimal number is greater than another, whatever their length. */
function isGreater(one: string, other: string): boolean {
  const a = one.replace(/^0+/, '')
  const b = other.replace(/^0+/, '')
  return a.length === b.length ? a > b : a.length > b.length
}

/** Keeps the order in which ranges were asked for; what touches a range that is there already widens it. */
function add(ranges: ByteRange[], range: ByteRange): void {
  let { start, end } = range
  let at = ranges.length
  for (let i = ranges.length - 1; i >= 0; i--) {
    const other = ranges[i] as ByteRange
    if (start > other.end + maxGapBytes || other.start > end + maxGapBytes) continue
    start = Math.min(start, other.start)
    end = Math.max(end, other.end)
    ranges.splice(i, 1)
    at = i
    // The wider range may touch one that was passed already.
    i = ranges.length
  }
  ranges.splice(at, 0, { start, end })
}

/** The value of Content-Range for a range, or for none of them. */
export function contentRange(range: ByteRange | undefined, size: number): string {
  return range === undefined ? `bytes */${size}` : `bytes ${range.start}-${range.end - 1}/${size}`
}
