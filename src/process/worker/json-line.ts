// A line that holds a JSON object, from a peer that need not be right.

/** Undefined when it holds anything else. */
export function parseJsonLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown> // just checked; members stay unknown
  } catch {
    return undefined
  }
}
