// What a snippet is about, and the words that all three have.

import { posix } from 'node:path'
import type { Listen } from '../../config/effective.ts'

export interface SnippetFacts {
  readonly protocol: 'fastcgi' | 'scgi'
  readonly listen: Listen
  /** What starts the application. */
  readonly command: string
  /** Path below which it answers: '/' or '/shop'. */
  readonly prefix: string
  /** Where the application lies: absolute. */
  readonly directory: string
}

/**
 * With the script name for every server, so that there is one rule: Apache cannot say it at all, nginx not over SCGI. To the
 * others it is what they say themselves.
 */
export function startedWith(command: string, prefix: string): string {
  return `# started with: ${command} --script-name ${prefix === '' ? '/' : prefix}`
}

/** Where static files usually lie: for Django what `manage.py collectstatic` fills. Only a proposal, inside quotes. */
export function staticFiles({ directory }: SnippetFacts): string {
  return `${posix.join(directory, 'static')}/`.replace(/["\\]/g, '\\$&')
}

/** Introduces the lines for static files. @param more what is particular to the server */
export function staticNote(more = ''): string {
  return `# Static files: remove the first "#" of each line below, and correct the folder (Django: STATIC_ROOT).${more}`
}

/** Where a server takes the first or the last of two sections that fit, it is their order that decides. */
export function orderNote(prefix: string, where: 'above' | 'below'): readonly string[] {
  if (prefix === '') return []
  return [
    `# The lines of an application at a longer path, such as ${prefix}/api, have to stand ${where} these.`,
  ]
}

export function hostOf({ host }: Listen): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** For a regular expression. */
export function escaped(prefix: string): string {
  return prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
