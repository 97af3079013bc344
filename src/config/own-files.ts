// The files of a server that are nobody else's, in case they lie where files are served from: refused there, and a
// directory with the code of an application is warned of, since that may be what somebody wants.

import { type Application, type Effective, type Site, startsScripts } from './effective.ts'
import type { Findings } from './findings.ts'
import { placeOf } from './findings.ts'

/** @param sources files that the configuration was read from */
export function ownFiles(
  sources: readonly string[],
  { log, applications, services, sites }: Omit<Effective, 'own_files'>,
): readonly string[] {
  const logs = [log, ...sites.flatMap((site) => site.log ?? [])].map(({ access }) => access)
  const users = sites
    .flatMap((site) => [site.access, ...site.mounts.map(({ access }) => access)])
    .flatMap((access) => (access === false ? [] : (access.users?.file ?? [])))
  const environments = [...applications, ...services].flatMap((one) => one.environment_file ?? [])
  const all = [...sources, ...users, ...environments, ...logs, log.error]
  return [...new Set(all)].filter((path) => path.startsWith('/'))
}

/** Warns of mounts whose files hold an application, which everybody can read then. */
export function warnOfCode(
  sites: readonly Site[],
  applications: readonly Application[],
  findings: Findings,
): void {
  for (const [index, { mounts }] of sites.entries()) {
    for (const { prefix, targets, access } of mounts) {
      const roots = targets.flatMap((target) => (target.kind === 'files' ? [target.root] : []))
      // Of scripts it is only where they are started.
      const held = applications.find(
        (one) => !startsScripts(one) && roots.some((root) => isIn(one.directory, root)),
      )
      if (held === undefined || access !== false) continue
      const mount = ['mounts', prefix] as const
      findings.warning(
        index === 0 ? placeOf(...mount) : placeOf('sites', index - 1, ...mount),
        `the files of "${prefix}" hold the directory of the application "${held.name}": everybody can read its code`,
        'Name a directory that holds only what is public',
        'key',
      )
    }
  }
}

function isIn(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
