// Which paths the files handler refuses by their name alone, before the file system is asked.
// The path is normalised already (http/path.ts): what looks like an escape here is a file name and nothing else.

/** Why a path info is refused, or undefined; `why` ends a sentence in the log. */
export function refusedName(pathInfo: string, dotfiles: boolean): string | undefined {
  // Never a separator here, but one to a browser and to whatever the file is copied to later.
  if (pathInfo.includes('\\')) return 'its name holds a backslash'
  if (pathInfo.includes('\0')) return 'its name holds a NUL'
  let at = pathInfo.indexOf('/.')
  // Only at the top, where RFC 8615 puts it.
  if (at === 0 && (pathInfo === '/.well-known' || pathInfo.startsWith('/.well-known/')))
    at = pathInfo.indexOf('/.', 1)
  if (at < 0) return undefined
  // Normalised paths hold none; the handler does not stake the file system on it.
  if (/\/\.\.?(?:\/|$)/.test(pathInfo)) return 'it holds a dot segment'
  return dotfiles ? undefined : 'it is a dotfile'
}
