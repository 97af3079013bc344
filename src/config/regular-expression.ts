// Regular expressions where there are none: people bring them along from other servers. What looks like one, and how sure that is,
// since a file may be called "a(1).txt" as well.

/** Marks of an expression that no path has, or only one in a thousand. */
const sure = /^[~^]|\$$|\\|\(\?|\.[*+]\)|\.\+(\/|$)|[)\]][*+?{]|\[\^|\[(\w-\w)+\]|\([^()]*\|[^()]*\)|^\/\.\*$/
/** Marks that the name of a file may have, but hardly with a star of ours beside it. */
const likely = /^[^*]*[()[\]][^*]*$|\/\.\*/

/** Parts of an expression that stand for a piece of one segment, and for anything. */
const oneSegment = /\(?(\[\^\/\]|\\[dw]|\[(\w-\w|_|-)+\])[+*]\)?/g
const anything = /\((\?:)?\.[*+]\??\)|\.[*+]\??/g

/** 'sure' and 'likely', or undefined for what is no regular expression at all. */
export function regularExpression(text: string): 'sure' | 'likely' | undefined {
  return sure.test(text) ? 'sure' : likely.test(text) ? 'likely' : undefined
}

/** The pattern of `rewrite` that an expression means, or undefined when it has none that is as short. */
export function patternFor(expression: string): string | undefined {
  const text = withoutAnchors(expression).replace(anything, '*')
  const names = ['id', 'name', 'part']
  const pattern = text.replace(oneSegment, () => `:${names.shift() ?? ''}`).replace(/\\([./_-])/g, '$1')
  if (!/^\/[^()[\]\\|^$+?~{}]*$/.test(pattern) || pattern.split('*').length > 2) return undefined
  // A name is a whole segment, and none stands behind a star.
  return /[^/]:|:(?!\w+(\/|$))|\*.*:/.test(pattern) ? undefined : pattern
}

/** The path that an expression starts with, as far as it is plain text and ends with a segment; '/' at least. */
export function prefixFor(expression: string): string {
  const text = withoutAnchors(expression).replace(/\\([./_-])/g, '$1')
  const [plain = ''] = /^[^*()[\]\\|^$+?~{}]*/.exec(text) ?? []
  const whole = plain === text || /^(\/?\(|\/?\.?\*$)/.test(text.slice(plain.length))
  const path = whole ? plain : plain.slice(0, plain.lastIndexOf('/'))
  return /^(\/.*?)\/?$/.exec(path)?.[1] ?? '/'
}

/** Also without the marks that nginx puts before one. */
function withoutAnchors(expression: string): string {
  return expression.replace(/^[\^~*= ]*(?=\/)/, '').replace(/\$$/, '')
}
