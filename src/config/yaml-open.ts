// The innermost bracket or quote that a piece of YAML leaves open. Pure; knows quotes and comments, no more.

export interface LeftOpen {
  readonly offset: number
  readonly character: string
  /** What closes it. */
  readonly wanted: string
}

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}' }

/** Undefined when everything is closed. */
export function leftOpen(text: string): LeftOpen | undefined {
  const open: LeftOpen[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const starts = at === 0 || /[\s[{,]/.test(text.charAt(at - 1))
    if (character === '#' && starts) {
      const end = text.indexOf('\n', at)
      if (end === -1) break
      at = end
    } else if ((character === '"' || character === "'") && starts) {
      const end = endOfQuote(text, at)
      if (end === -1) return { offset: at, character, wanted: character }
      at = end
    } else if (closing[character] !== undefined && (starts || open.length > 0)) {
      open.push({ offset: at, character, wanted: closing[character] })
    } else if (open.at(-1)?.wanted === character) {
      open.pop()
    }
  }
  return open.at(-1)
}

/** The offset of the closing quote, or -1. */
function endOfQuote(text: string, start: number): number {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++
    else if (text[at] === quote) {
      if (quote === '"' || text[at + 1] !== quote) return at
      at++
    }
  }
  return -1
}
