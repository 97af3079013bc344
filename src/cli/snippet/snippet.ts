// What Apache, nginx and lighttpd have to be told so that they call an application here: with this very socket, and right about
// SCRIPT_NAME, PATH_INFO, Authorization and HTTPS, each of which one of them gets wrong when left alone. Snippets of several
// applications may stand in one site.

import { apache } from './apache.ts'
import type { SnippetFacts } from './facts.ts'
import { lighttpd } from './lighttpd.ts'
import { nginx } from './nginx.ts'

export const snippetKinds = ['nginx', 'apache', 'lighttpd'] as const
type SnippetKind = (typeof snippetKinds)[number]

export function isSnippetKind(text: string | undefined): text is SnippetKind {
  return snippetKinds.some((kind) => kind === text)
}

export function snippet(kind: SnippetKind, facts: SnippetFacts): string {
  const prefix = facts.prefix.replace(/\/+$/, '')
  switch (kind) {
    case 'nginx':
      return nginx(facts, prefix)
    case 'apache':
      return apache(facts, prefix)
    default:
      return lighttpd(facts, prefix)
  }
}
