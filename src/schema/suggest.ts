// "Did you mean": the known word that is nearest to what was written (Levenshtein distance, neighbours swapped count as one).

/** The nearest of `words`, or undefined when nothing is near enough to be a slip of the finger. */
export function suggest(written: string, words: Iterable<string>): string | undefined {
  const wanted = written.toLowerCase()
  let best: string | undefined
  // At most a third of the letters, but one slip in a short word; a word of one letter resembles everything.
  let bestDistance = Math.min(Math.max(1, Math.floor(wanted.length / 3)), wanted.length - 1) + 1
  for (const word of words) {
    const known = word.toLowerCase()
    const moved = isSame(wanted, known) ? 0 : distance(wanted, known)
    if (moved < bestDistance) {
      best = word
      bestDistance = moved
    }
  }
  return best
}

/** Also when one is the other with more letters at its end ("warning", "warn") or with "-" for "_". */
function isSame(wanted: string, known: string): boolean {
  if (wanted.length >= 4 && known.length >= 4 && (wanted.startsWith(known) || known.startsWith(wanted)))
    return true
  return known.replaceAll('-', '_') === wanted.replaceAll('-', '_')
}

/** The number of letters to insert, delete, replace or swap with their neighbour to get from `a` to `b`. */
export function distance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = isSwap ? (beforePrevious[column - 2] ?? 0) + 1 : replaced
      current.push(Math.min(replaced, swapped, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
