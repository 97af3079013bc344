// The lines of a text, as messages about it need them.

export interface Line {
  readonly start: number
  readonly number: number
  readonly text: string
  readonly indent: number
}

/** The line that holds an offset. */
export function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', start)
  const content = text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '')
  return {
    start,
    number: text.slice(0, start).split('\n').length,
    text: content,
    indent: content.length - content.trimStart().length,
  }
}

/** The lines above with something in them but a comment, the nearest first. */
export function linesAbove(text: string, line: Line): readonly Line[] {
  const found: Line[] = []
  for (let start = line.start; start > 0; ) {
    const above = lineAt(text, start - 1)
    if (/^\s*[^\s#]/.test(above.text)) found.push(above)
    start = above.start
  }
  return found
}
