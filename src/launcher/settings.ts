// What the supervisor's first line says (LauncherConfiguration of control-line.ts), in the form that is worked with.

import { byteString } from '../byte-string.ts'
import type { LauncherConfiguration } from '../process/worker/control-line.ts'
import { parseJsonLine } from '../process/worker/json-line.ts'
import { Roots } from './roots.ts'

/** Paths, words and variables are ByteStrings. */
export interface Settings {
  readonly socket: string
  readonly socketMode: number
  readonly user: string | null
  readonly group: string | null
  /** How many scripts run at once. */
  readonly slots: number
  /** Runs in place of SCRIPT_FILENAME, with these arguments. */
  readonly command: readonly [string, ...string[]] | null
  /** Working directory; null: that of the script. */
  readonly directory: string | null
  /** In one of which a script must lie; null: anywhere. */
  readonly roots: Roots | null
  /** What every script finds in its environment; nothing else is handed down. */
  readonly environment: ReadonlyMap<string, string>
  /** A script may take this long in all, milliseconds; 0: no end. */
  readonly timeMs: number
  /** By the names of LauncherSpec. */
  readonly limits: Readonly<Record<string, number>>
}

/** Undefined when the supervisor is of another version. */
export function settingsOf(line: string): Settings | undefined {
  const value = parseJsonLine(line)
  if (value === undefined || typeof value.socket !== 'string' || typeof (value.slots ?? 1) !== 'number')
    return undefined
  // Who starts us has written it by the same type, but may be of another version.
  const told = value as unknown as Partial<LauncherConfiguration> & Pick<LauncherConfiguration, 'socket'>
  const [program, ...words] = (told.command ?? []).map(byteString)
  const environment = Object.entries(told.environment ?? {}).map(([name, text]) =>
    [name, text].map(byteString),
  )
  return {
    socket: told.socket,
    socketMode: told.socket_mode ?? 0o600,
    user: told.user ?? null,
    group: told.group ?? null,
    slots: Math.max(1, told.slots ?? 1),
    command: program === undefined ? null : [program, ...words],
    directory: told.directory == null ? null : byteString(told.directory),
    roots: told.roots == null ? null : new Roots(told.roots.map(byteString)),
    environment: new Map(environment as [string, string][]),
    timeMs: (told.time ?? 0) * 1000,
    limits: told.rlimits ?? {},
  }
}
