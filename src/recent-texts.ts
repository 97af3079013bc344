// What was made of texts that came lately: heads come again, octet by octet, from the same client or application.
// Strangers choose the texts, so their number and their length are limits of memory.

/** A power of two. */
const most = 64
const mostOctets = 2048

export class RecentTexts<Value> {
  readonly #known: ({ readonly text: string; readonly value: Value } | undefined)[] = Array.from(
    { length: most },
    () => undefined,
  )

  get(text: string): Value | undefined {
    const known = this.#known[slotOf(text)]
    return known !== undefined && known.text === text ? known.value : undefined
  }

  /** @param value shared from now on by all who find it: never changed */
  set(text: string, value: Value): void {
    if (text.length <= mostOctets) this.#known[slotOf(text)] = { text, value }
  }
}

// Two texts of one slot displace each other, which costs no more than not knowing them. Texts differ where cookies and
// lengths stand: in the middle, and towards the end.
function slotOf(text: string): number {
  const { length } = text
  const some =
    text.charCodeAt(length - 5) + 5 * text.charCodeAt(length >> 1) + 25 * text.charCodeAt(length >> 2)
  return (length + some) & (most - 1)
}
