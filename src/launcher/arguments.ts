// The arguments of a script (RFC 3875 section 4.4): a query without "=" is a list of search words. Pure.

const maxQueryBytes = 3 * 8192
const maxWordBytes = 8192
const maxWords = 100

/**
 * The decoded words, or none at all when one of them cannot be passed on. All are ByteStrings.
 * A word with a hyphen in front would be an option: with `?-s` php-cgi showed its source (CVE-2012-1823).
 */
export function argumentsOf(method: string, query: string): readonly string[] {
  if (query === '' || query.includes('=') || query.length > maxQueryBytes) return []
  if (method !== 'GET' && method !== 'HEAD') return []
  const words = query.split('+').map(percentDecoded)
  const bytes = words.reduce((sum, word) => sum + word.length, 0)
  if (words.length > maxWords || bytes > maxWordBytes) return []
  if (words.some((word) => word.includes('\0') || word.startsWith('-'))) return []
  return words
}

/** What is no escape stays as it is. */
function percentDecoded(word: string): string {
  return word.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
