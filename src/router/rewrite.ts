// Rewriting of paths: rules of a site or a mount, compiled once. A pattern is read from left to right and never goes back, so a
// path costs its length. Works on normalised paths (ByteStrings) and gives normalised paths; a redirect is an address.

import { byteString } from '../byte-string.ts'
import { encodePath, encodeQuery, normalizePath } from '../http/path.ts'

export interface RewriteRule {
  /** '/old/*', '/p/:id', '=/exact'. */
  readonly pattern: string
  /** '/new/$1', '/page?id=:id', 'https://example.com/$1'. */
  readonly to: string
  /** Of a redirect; null rewrites inside the server. */
  readonly status: number | null
}

export type Rewritten =
  | { readonly kind: 'path'; readonly path: string; readonly query: string }
  | { readonly kind: 'redirect'; readonly location: string; readonly status: number }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'endless' }

/** What ends a request in place of a mount. */
export type RuleEnd = Exclude<Rewritten, { readonly kind: 'path' }>

export type CompiledRule =
  | { readonly kind: 'ok'; readonly rule: Rule }
  /** `at` says which of the two is wrong. */
  | {
      readonly kind: 'bad'
      readonly at: 'pattern' | 'to'
      readonly why: string
      readonly hint: string
    }

/** A text, or the name of what was captured: '*' or that of a segment. */
type Piece = { readonly text: string } | { readonly name: string }
type Captures = Map<string, string>

interface Pattern {
  readonly pieces: readonly Piece[]
  /** What the path ends with behind the star; undefined without a star. */
  readonly suffix: string | undefined
}

interface Rule {
  readonly pattern: Pattern
  readonly path: readonly Piece[]
  /** Undefined keeps that of the request. */
  readonly query: readonly Piece[] | undefined
  readonly status: number | null
  /** Scheme and host of a redirect. */
  readonly origin: string
}

/** More often than this a path is not rewritten inside the server. */
export const mostRewrites = 10

const scheme = /^https?:\/\/[^/?#]*/i

/** Reads one rule, or says what is wrong with it. */
export function compileRule({ pattern, to, status }: RewriteRule): CompiledRule {
  const from = compilePattern(pattern)
  if ('why' in from) return { kind: 'bad', at: 'pattern', ...from }
  const names = new Set(from.pieces.flatMap((piece) => ('name' in piece ? [piece.name] : [])))
  if (from.suffix !== undefined) names.add('*')
  const origin = scheme.exec(to)?.[0] ?? ''
  const rest = to.slice(origin.length)
  const wrong = wrongTarget(origin, rest)
  if (wrong !== undefined) return { kind: 'bad', at: 'to', ...wrong }
  const mark = rest.indexOf('?')
  const path = targetPieces(mark < 0 ? rest : rest.slice(0, mark), names)
  const query = mark < 0 ? undefined : targetPieces(encodeQuery(byteString(rest.slice(mark + 1))), names)
  for (const piece of [...path, ...(query ?? [])]) {
    if (!('name' in piece) || names.has(piece.name)) continue
    const what = piece.name === '*' ? '$1' : `:${piece.name}`
    const hint = piece.name === '*' ? 'Put a * into the pattern' : `Put a segment /${what} into the pattern`
    return { kind: 'bad', at: 'to', why: `nothing in the pattern is called "${what}"`, hint }
  }
  const redirect = origin === '' ? status : (status ?? 302)
  return { kind: 'ok', rule: { pattern: from, path, query, status: redirect, origin } }
}

interface Wrong {
  readonly why: string
  readonly hint: string
}

function wrongTarget(origin: string, rest: string): Wrong | undefined {
  if (/\$|:[A-Za-z_]/.test(origin.replace(/^https?:/i, '')))
    return { why: 'the host may not come from the request', hint: 'Write the host out, then a slash' }
  if (/^[a-z][a-z0-9+.-]*:/i.test(rest))
    return { why: `"${rest}" has a scheme other than http and https`, hint: 'Write https://... or a path' }
  if (!rest.startsWith('/'))
    return { why: `"${origin}${rest}" has no path`, hint: 'Write a path that starts with a slash' }
  if (/[#\0]/.test(rest)) return { why: `"${rest}" holds a #`, hint: 'Leave out what stands behind it' }
  if (/%[0-9a-f]{2}/i.test(rest.replace(/\?.*/s, '')))
    return { why: `"${rest}" is percent-encoded`, hint: 'Write the path as it is after decoding' }
  if (/\\\d/.test(rest))
    return { why: `"${rest}" names a group of a regular expression`, hint: 'Write $1 for the text of the *' }
  if (/\$[2-9]/.test(rest)) return { why: `"${rest}" names more than $1`, hint: 'A pattern has one *' }
  return undefined
}

function compilePattern(written: string): Pattern | Wrong {
  const exact = written.startsWith('=')
  const text = exact ? written.slice(1) : written
  if (!text.startsWith('/'))
    return {
      why: `the pattern "${written}" does not start with a slash`,
      hint: `Write ${exact ? '=' : ''}/${text}`,
    }
  if (/%[0-9a-f]{2}/i.test(text))
    return {
      why: `the pattern "${written}" is percent-encoded`,
      hint: 'Write the path as it is after decoding',
    }
  if (/[?#\0]|\/\/|\/\.\.?(\/|$)/.test(text))
    return {
      why: `the pattern "${written}" can never match: it holds ?, #, // or a dot segment`,
      hint: 'Write the path as it is after decoding; the query is not looked at',
    }
  if (exact) return { pieces: [{ text: byteString(text) }], suffix: undefined }
  const [start = '', suffix, more] = text.split('*')
  if (more !== undefined)
    return { why: `the pattern "${written}" has more than one *`, hint: 'Name segments instead: /:first/*' }
  const pieces = piecesOf(start, false)
  const names = pieces.flatMap((piece) => ('name' in piece ? [piece.name] : []))
  // A name is a whole segment, so that where it ends is never a question.
  const odd = (segment: string) => /:[A-Za-z_]/.test(segment) && !/^:[A-Za-z_]\w*$/.test(segment)
  if (start.split('/').some(odd) || (suffix !== undefined && /:[A-Za-z_]\w*$/.test(start)))
    return { why: `a name in "${written}" is not a whole segment`, hint: 'Write for example /p/:id/edit' }
  if (suffix !== undefined && /:[A-Za-z_]/.test(suffix))
    return { why: `a name stands behind the * of "${written}"`, hint: 'Put names before the *' }
  if (new Set(names).size < names.length)
    return { why: `a name stands twice in "${written}"`, hint: 'Give each segment a name of its own' }
  return { pieces, suffix: suffix === undefined ? undefined : byteString(suffix) }
}

function piecesOf(text: string, star = true): Piece[] {
  const parts = text.split(star ? /(\$1|:[A-Za-z_]\w*)/ : /(:[A-Za-z_]\w*)/)
  return parts.flatMap((part, index): Piece[] => {
    if (index % 2 === 1) return [{ name: part === '$1' ? '*' : part.slice(1) }]
    return part === '' ? [] : [{ text: byteString(part) }]
  })
}

/** A colon behind a word is only text, as in "urn:isbn:1", unless the pattern has a segment of that name. */
function targetPieces(text: string, names: ReadonlySet<string>): Piece[] {
  let before = ''
  return piecesOf(text).map((piece): Piece => {
    const isText = 'name' in piece && piece.name !== '*' && /\w$/.test(before) && !names.has(piece.name)
    const one = isText ? { text: byteString(`:${piece.name}`) } : piece
    before = 'text' in one ? one.text : ''
    return one
  })
}

function match({ pieces, suffix }: Pattern, path: string): Captures | undefined {
  let at = 0
  let captures: Captures | undefined
  for (const piece of pieces) {
    if ('text' in piece) {
      if (!path.startsWith(piece.text, at)) return undefined
      at += piece.text.length
    } else {
      const slash = path.indexOf('/', at)
      const end = slash < 0 ? path.length : slash
      if (end === at) return undefined
      captures ??= new Map()
      captures.set(piece.name, path.slice(at, end))
      at = end
    }
  }
  captures ??= new Map()
  if (suffix === undefined) return at === path.length ? captures : undefined
  const end = path.length - suffix.length
  if (end < at || !path.endsWith(suffix)) return undefined
  return captures.set('*', path.slice(at, end))
}

/** The rules of a site or a mount; the first that matches counts. */
export class Rewrite {
  readonly #rules: readonly Rule[]

  /** Throws when a rule is wrong; the configuration checks that with `compileRule` beforehand. */
  constructor(rules: readonly RewriteRule[]) {
    this.#rules = rules.map((one) => {
      const compiled = compileRule(one)
      if (compiled.kind === 'bad') throw new TypeError(compiled.why)
      return compiled.rule
    })
  }

  /** What becomes of a path; undefined when no rule matches or the one that does leaves it alone. */
  apply(path: string, query: string): Rewritten | undefined {
    for (const rule of this.#rules) {
      const captures = match(rule.pattern, path)
      if (captures === undefined) continue
      const result = expand(rule, captures, query)
      return result.kind === 'path' && result.path === path && result.query === query ? undefined : result
    }
    return undefined
  }
}

function expand(rule: Rule, captures: Captures, query: string): Rewritten {
  const path = fill(rule.path, captures, (value) => value)
  const newQuery = rule.query === undefined ? query : fill(rule.query, captures, encodeValue)
  if (rule.status !== null) {
    const tail = newQuery === '' ? '' : `?${encodeQuery(newQuery)}`
    return { kind: 'redirect', location: rule.origin + encodePath(path) + tail, status: rule.status }
  }
  if (!/\/[/.]|\0/.test(path)) return { kind: 'path', path, query: newQuery }
  // Escaped first, because what was captured has been decoded already.
  const normal = normalizePath(encodePath(path))
  return normal.kind === 'bad' ? normal : { kind: 'path', path: normal.path, query: newQuery }
}

function fill(pieces: readonly Piece[], captures: Captures, encode: (value: string) => string): string {
  let text = ''
  for (const piece of pieces) text += 'text' in piece ? piece.text : encode(captures.get(piece.name) ?? '')
  return text
}

/** A value inside a query: nothing in it can end it or begin another one. */
function encodeValue(value: string): string {
  return encodePath(value).replace(/[&+=;]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}
