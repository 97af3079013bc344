// What a case expects: failures say in one line what was expected and what came, since they end up in a table.

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

export function same(found: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${shown(found)}, not ${shown(expected)}`)
  }
}

export function ok(found: boolean, what: string): void {
  if (!found) throw new Error(what)
}

export function contains(text: string, part: string | RegExp, what: string): void {
  const found = typeof part === 'string' ? text.includes(part) : part.test(text)
  if (!found) throw new Error(`${what}: ${String(part)} is not in ${shown(text)}`)
}

export function lacks(text: string, part: string | RegExp, what: string): void {
  const found = typeof part === 'string' ? text.includes(part) : part.test(text)
  if (found) throw new Error(`${what}: ${String(part)} is in ${shown(text)}`)
}
