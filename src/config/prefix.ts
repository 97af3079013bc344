// Prefixes of mounts in their normal form, none twice, and none that could never match.

import type { Findings, Place } from './findings.ts'
import { prefixFor, regularExpression } from './regular-expression.ts'

/** '/' or '/a/b': repeated slashes count once, as in requests, and the last one does not count. */
export function resolvePrefix(
  key: string,
  place: Place,
  seen: Map<string, string>,
  findings: Findings,
): string | undefined {
  const pattern = patternIn(key)
  if (pattern !== undefined) {
    findings.error(place, pattern.why, pattern.hint, 'key')
    return undefined
  }
  if (!key.startsWith('/')) {
    findings.error(
      place,
      `the prefix "${key}" does not start with a slash`,
      `Write /${key.replace(/^[= ]*\/?/, '')}`,
      'key',
    )
    return undefined
  }
  if (/[?#\0]/.test(key) || key.split('/').some((part) => part === '.' || part === '..')) {
    findings.error(
      place,
      `the prefix "${key}" can never match: it holds ?, # or a dot segment`,
      'Write the path as it is after decoding',
      'key',
    )
    return undefined
  }
  if (/%[0-9a-f]{2}/i.test(key)) {
    findings.error(
      place,
      `the prefix "${key}" is percent-encoded`,
      'Write the path as it is after decoding',
      'key',
    )
    return undefined
  }
  const prefix = key.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')
  const before = seen.get(prefix)
  if (before !== undefined) {
    findings.error(
      place,
      `the prefix "${key}" is the same as "${before}"`,
      'Write one mount with a list of targets; they are tried in order',
      'key',
    )
    return undefined
  }
  seen.set(prefix, key)
  return prefix
}

/** What only other servers have in the place of a prefix. */
function patternIn(key: string): { readonly why: string; readonly hint: string } | undefined {
  const kind =
    regularExpression(key) === 'sure'
      ? 'is a regular expression'
      : key.includes('*')
        ? 'holds a *'
        : undefined
  if (kind === undefined) return undefined
  return { why: `the prefix "${key}" ${kind}, but a prefix is plain text`, hint: prefixHint(key) }
}

function prefixHint(key: string): string {
  const prefix = prefixFor(key)
  return prefix === '/'
    ? 'Write the start of a path, such as /admin: it stands for all below it; patterns are for "rewrite"'
    : `Write ${prefix}: it stands for all below it; patterns are for "rewrite"`
}
