// `portico serve module:callable`: the configuration for an application that was named on the command line.

import type { DetectedConfiguration } from './detection.ts'

/** True for what can only mean an application: module:callable, module:factory(), or a Python file. */
export function isApplicationName(what: string): boolean {
  return /^[\w./-]+:[A-Za-z_][\w.]*(\(\))?$/u.test(what) || /\.(py|wsgi)$/.test(what)
}

/** As a portico.yaml in the current directory would say it. */
export function namedConfiguration(wsgi: string): DetectedConfiguration {
  return { applications: { app: { wsgi } }, mounts: { '/': 'app' } }
}
