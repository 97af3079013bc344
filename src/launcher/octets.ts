// Paths and words are ByteStrings here (byte-string.ts): octets of a request, which need be no UTF-8. The file system takes
// them as they are.

/** For calls of node:fs. */
export function octets(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** For a line of the log: octets that are not UTF-8 and line ends are shown as escapes. */
export function readable(text: string): string {
  const line = text.replace(/\n/g, '\\n').replace(/\r/g, '\\r')
  try {
    return utf8.decode(octets(line))
  } catch {
    return line.replace(/[\x80-\xff]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`)
  }
}

/** The directory of a path, as dirname(3) has it for absolute ones. */
export function directoryOf(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/')
  return end <= 0 ? '/' : path.slice(0, end)
}
