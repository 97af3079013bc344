// Resource limits of scripts (getrlimit(2)), which the shell sets that becomes the script. Shells differ in what they can set,
// so it is asked once, before the first script: one that cannot be set is refused and never left out.

import { spawnSync } from 'node:child_process'

/** Node has raised its own, and select(2) breaks above this; programs close all they may have. */
const usualFiles = 1024
const askMs = 10_000

interface Resource {
  /** Options of ulimit, the first that the shell knows counts. */
  readonly options: readonly string[]
  /** Octets, seconds or numbers in one unit of ulimit (POSIX). */
  readonly unit: number
  /** In the configuration. */
  readonly setting: string
}

const resources: Readonly<Record<string, Resource>> = {
  cpu: { options: ['-t'], unit: 1, setting: 'cpu' },
  memory: { options: ['-v'], unit: 1024, setting: 'memory' },
  files: { options: ['-n'], unit: 1, setting: 'descriptors' },
  // dash has the other letter.
  processes: { options: ['-u', '-p'], unit: 1, setting: 'processes' },
  file_size: { options: ['-f'], unit: 512, setting: 'file_size' },
  core: { options: ['-c'], unit: 512, setting: 'core' },
}

export type LimitLines =
  | { readonly kind: 'ok'; readonly lines: readonly string[] }
  /** A sentence without a full stop. */
  | { readonly kind: 'bad'; readonly why: string }

/**
 * The lines that set them, in a shell.
 * @param hardLimit what `ulimit -H` says to an option: a number, 'unlimited', or undefined when it does not know that option
 */
export function limitLines(
  limits: Readonly<Record<string, number>>,
  hardLimit: (option: string) => string | undefined = askShell,
): LimitLines {
  const lines: string[] = []
  for (const [name, value] of Object.entries({ files: usualFiles, ...limits })) {
    const resource = resources[name]
    const option = resource?.options.find((one) => hardLimit(one) !== undefined)
    if (resource === undefined || option === undefined)
      return { kind: 'bad', why: `/bin/sh cannot set "${resource?.setting ?? name}" of "limits"` }
    const hard = hardLimit(option) ?? ''
    const wanted = Math.ceil(value / resource.unit)
    const most = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
    const least = Math.min(wanted, most)
    lines.push(...settingLines(name, resource, option, { least, most, isGiven: name in limits }))
  }
  return { kind: 'ok', lines }
}

interface Bounds {
  readonly least: number
  readonly most: number
  /** Not a default, which a script may raise. */
  readonly isGiven: boolean
}

function settingLines(name: string, { setting }: Resource, option: string, bounds: Bounds): string[] {
  const { least, most, isGiven } = bounds
  const refusal = `{ echo 'portico: cannot set "${setting}" of "limits" to ${least}' >&2; exit 126; }`
  const set = (flag: string, value: number): string => `ulimit ${flag}${option} ${value} || ${refusal}`
  if (!isGiven) return [set('-S ', least)]
  // SIGXCPU at the one, which says what was used up, and a second later SIGKILL.
  if (name === 'cpu' && most > least) return [set('-S ', least), set('-H ', least + 1)]
  return [set('', least)]
}

const answers = new Map<string, string | undefined>()

/** The hard limits of this process do not change. */
function askShell(option: string): string | undefined {
  if (!answers.has(option)) {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', `ulimit -H ${option}`], {
      env: {},
      encoding: 'utf8',
      timeout: askMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const said = status === 0 ? stdout.trim() : ''
    answers.set(option, /^(\d+|unlimited)$/.test(said) ? said : undefined)
  }
  return answers.get(option)
}
