// The lines for static files that a snippet ends with as a comment, made lines of the configuration.

/** The comments behind the line "Static files" made lines of the configuration. */
export function uncommented(snippet: string): string {
  const [before = '', after = ''] = snippet.split('# Static files: ')
  const settings = after
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^# ?/, ''))
  return [before, ...settings].join('\n')
}
