// The site that the vectors talk to: files that may be seen and files that may not, and the application's names.

import { symlinkSync } from 'node:fs'
import { join } from 'node:path'

export const applications = join(import.meta.dirname, '../app/vectors')

/** The application is mounted at each of them. */
export const mountedAt = ['/echo', '/noread', '/status', '/stream'] as const

/** By path below the directory of the site; `static` is the root of /static/. */
export const siteFiles: Readonly<Record<string, string>> = {
  'static/d1000.txt': '0123456789'.repeat(100),
  'static/a.txt': 'alpha',
  'static/.hidden': 'HIDDEN',
  'static/dir/inner.txt': 'inner',
  'secret.txt': 'TOPSECRET',
  'cgi-bin/env.cgi': '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nenv\n',
}

/** What cannot be written as a file. */
export function linkOut(directory: string): void {
  symlinkSync('../secret.txt', join(directory, 'static/link-out'))
}

/** portico.yaml for the site, with these lines in front. */
export function porticoConfig(...first: readonly string[]): string {
  return [
    ...first,
    `applications: { vectors: { wsgi: "vectors:application", directory: ${applications}, processes: 1, threads: 8 } }`,
    'mounts:',
    '  /static: { files: static }',
    ...mountedAt.map((prefix) => `  ${prefix}: vectors`),
    '',
  ].join('\n')
}
