// The rules of `rewrite`: what they say is read by the router; here each gets its place, and rules that go round are found.

import { byteString } from '../byte-string.ts'
import { compileRule, mostRewrites, Rewrite } from '../router/rewrite.ts'
import type { RewriteRule } from './effective.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import type { WrittenRewrite } from './option-schema.ts'
import { patternFor, regularExpression } from './regular-expression.ts'

export function resolveRewrite(
  written: WrittenRewrite,
  place: Place,
  findings: Findings,
): readonly RewriteRule[] {
  findings.note(place, written === null || written === undefined ? 'default' : undefined)
  const rules = Object.entries(written ?? {}).flatMap(([pattern, target]): RewriteRule[] => {
    const at = within(place, pattern)
    findings.note(at)
    const rule = typeof target === 'string' ? { pattern, to: target, status: null } : { pattern, ...target }
    if (isExpression(pattern, at, findings)) return []
    const compiled = compileRule(rule)
    if (compiled.kind === 'ok') return [rule]
    const where = compiled.at === 'to' && typeof target === 'object' ? within(at, 'to') : at
    findings.error(where, compiled.why, compiled.hint, compiled.at === 'pattern' ? 'key' : 'value')
    return []
  })
  for (const { pattern } of rules) {
    const way = circle(rules, pattern)
    if (way === undefined) continue
    findings.error(
      within(place, pattern),
      `what the rule makes is rewritten again and again: ${way.join(' > ')} > ...`,
      `Write a rule above it that leaves alone what is right already, for example "/new/*": "/new/$1"`,
      'key',
    )
    // One of a circle is enough.
    break
  }
  return rules
}

/** Refuses what can only be a regular expression; of what may be the name of a file it only warns. */
function isExpression(pattern: string, at: Place, findings: Findings): boolean {
  // Behind "=" everything is plain text.
  const found = pattern.startsWith('=') ? undefined : regularExpression(pattern)
  if (found === undefined) return false
  const meant = patternFor(pattern) ?? '/old/*'
  const example = meant === '/old/*' && !pattern.includes('/old') ? 'for example ' : ''
  const hint = `Write ${example}"${meant}": * is any text, :name one segment`
  if (found === 'sure')
    findings.error(
      at,
      `the pattern "${pattern}" is a regular expression, and there are none here`,
      hint,
      'key',
    )
  else
    findings.warning(
      at,
      `the pattern "${pattern}" looks like a regular expression, but is taken as plain text`,
      `${hint}; for exactly this path write "=${pattern}"`,
      'key',
    )
  return found === 'sure'
}

/** The first steps of a path that matches the pattern, when no end is reached. */
function circle(rules: readonly RewriteRule[], pattern: string): readonly string[] | undefined {
  const rewrite = new Rewrite(rules)
  const sample = pattern.startsWith('=')
    ? pattern.slice(1)
    : pattern.replace('*', 'x').replace(/:[A-Za-z_]\w*/g, 'x')
  const way = [byteString(sample)]
  for (let times = 0; times <= mostRewrites; times++) {
    const next = rewrite.apply(way.at(-1) ?? '', '')
    if (next?.kind !== 'path') return undefined
    way.push(next.path)
  }
  return way.slice(0, 3)
}
