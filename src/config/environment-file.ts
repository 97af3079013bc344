// Environment files: KEY=VALUE lines as systemd, Docker and shells write them. Comments, quotes and a leading
// "export" are understood; nothing is expanded: a dollar sign is a dollar sign.

export interface EnvironmentEntry {
  readonly name: string
  readonly value: string
  /** From 1. */
  readonly line: number
}

export interface EnvironmentProblem {
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint: string
}

export interface EnvironmentFile {
  readonly entries: readonly EnvironmentEntry[]
  readonly problems: readonly EnvironmentProblem[]
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** Parses the text of an environment file; a later line wins over an earlier one of the same name. */
export function parseEnvironmentFile(text: string): EnvironmentFile {
  const entries: EnvironmentEntry[] = []
  const problems: EnvironmentProblem[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [index, raw] of lines.entries()) {
    const line = index + 1
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(trimmed)
    const value = match ? parseValue(match[2] ?? '') : undefined
    if (match && value !== undefined) {
      entries.push({ name: match[1] ?? '', value, line })
      continue
    }
    const column = raw.length - raw.trimStart().length + 1
    // The line may hold a secret: only the name goes into the message.
    const message = match
      ? `the quote in the value of "${match[1] ?? ''}" is not closed`
      : 'the line is not NAME=value'
    problems.push({
      line,
      column,
      message,
      hint: match ? 'Close the quote on the same line' : 'Write NAME=value, one a line',
    })
  }
  return { entries, problems }
}

/** The value without its quotes, or undefined when a quote stays open. */
function parseValue(text: string): string | undefined {
  const rest = /^\s*(#.*)?$/
  if (text.startsWith("'")) {
    const end = text.indexOf("'", 1)
    return end > 0 && rest.test(text.slice(end + 1)) ? text.slice(1, end) : undefined
  }
  if (text.startsWith('"')) {
    const match = /^"((?:[^"\\]|\\.)*)"/.exec(text)
    if (!match || !rest.test(text.slice(match[0].length))) return undefined
    return (match[1] ?? '').replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter)
  }
  return text.replace(/(^|\s)#.*$/, '').trimEnd()
}
