// How a program is started as somebody else, so that it is that user from its first instruction on: setpriv changes
// uid, gid and supplementary groups, then executes it in the same process. What spawn() can do alone clears the
// supplementary groups. setpriv runs as root and must not be steered by the application (LD_PRELOAD, GCONV_PATH, ...):
// it gets the environment under other names, and a shell gives the names back once root is gone.

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Identity } from './identity.ts'
import { isShellName } from './shell-names.ts'

export interface Start {
  readonly file: string
  readonly arguments: string[]
  /** For spawn() and its kin. */
  readonly options: {
    readonly env: Record<string, string | undefined>
    readonly uid?: number
    readonly gid?: number
  }
}

type Environment = Readonly<Record<string, string | undefined>>

const places = ['/usr/bin/setpriv', '/bin/setpriv']
const shell = '/bin/sh'
const carrier = 'PORTICO_CARRIED_'
const identifier = /^[A-Za-z_]\w*$/

let found: string | null | undefined

/** `identity` null: as who we are. */
export function startAs(
  identity: Identity | null,
  program: string,
  args: readonly string[],
  environment: Environment,
  setpriv: string | null = identity === null ? null : findSetpriv(),
): Start {
  const plain = { file: program, arguments: [...args] }
  if (identity === null) return { ...plain, options: { env: { ...environment } } }
  const { uid, gid, groups } = identity
  if (setpriv === null) return { ...plain, options: { env: { ...environment }, uid, gid } }
  const carried = carry(environment)
  return {
    file: setpriv,
    arguments: [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      `--groups=${groups.join(',')}`,
      '--',
      ...[shell, '-c', carried.script, 'sh'],
      ...(carried.direct.length === 0 ? [] : ['/usr/bin/env', ...carried.direct]),
      ...[program, ...args],
    ],
    options: { env: carried.environment },
  }
}

/** True when processes of this identity have to do without their supplementary groups. */
export function losesGroups({ gid, groups }: Identity): boolean {
  return groups.some((group) => group !== gid) && findSetpriv() === null
}

function carry(environment: Environment): {
  readonly environment: Record<string, string>
  readonly script: string
  readonly direct: readonly string[]
} {
  const carried: Record<string, string> = {}
  const given: string[] = []
  const direct: string[] = []
  for (const [name, value] of Object.entries(environment)) {
    // No shell can export such a name, and none of ours or of an application is one.
    if (value === undefined || !identifier.test(name)) continue
    if (isShellName(name)) {
      // By the arguments of env(1), which everybody may read: no secrets have such a name.
      direct.push(`${name}=${value}`)
      continue
    }
    const alias = `${carrier}${given.length}`
    carried[alias] = value
    given.push(`${name}="$${alias}"`)
  }
  const lines = [
    ...(given.length === 0 ? [] : [`export ${given.join(' ')}`]),
    // What the shell itself has added goes, too.
    `unset ${['PWD', 'OLDPWD', 'SHLVL', ...Object.keys(carried)].join(' ')}`,
    'exec "$@"',
  ]
  return { environment: carried, script: lines.join('\n'), direct }
}

/** Only where nobody but root could have put it; BusyBox has one of that name that changes no user. */
function findSetpriv(): string | null {
  found ??= places.find((path) => isRoots(path) && isUtilLinux(path)) ?? null
  return found
}

function isRoots(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && stat.uid === 0 && (stat.mode & 0o022) === 0
}

function isUtilLinux(path: string): boolean {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', env: {}, timeout: 5000 })
  return (stdout ?? '').includes('util-linux')
}
