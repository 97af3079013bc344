// How many cores there are for this process: those it may run on, or fewer when its control group (cgroups(7)) may use
// only so much time of them, as containers and units of systemd are limited.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * At least 1; a limit of 1.5 cores counts as 2.
 * @param available what the affinity of the process allows
 * @param root '/', but for tests
 */
export function coresWithin(available: number, root = '/'): number {
  const groups = read(root, 'proc/self/cgroup').split('\n').flatMap(controlGroup)
  const limits = groups.flatMap(({ places, path, limit }) =>
    places.flatMap((place) => upward(path).map((one) => limit(root, join(place, one)))),
  )
  return Math.max(1, Math.ceil(Math.min(available, ...limits)))
}

interface ControlGroup {
  /** Where its tree may be mounted. */
  readonly places: readonly string[]
  readonly path: string
  /** Cores that one directory of the tree allows. */
  readonly limit: (root: string, directory: string) => number
}

/** Lines are "ID:KINDS:PATH" with the kinds of limits; version 2 names none. */
function controlGroup(line: string): readonly ControlGroup[] {
  const [, kinds, path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
  if (kinds === '') {
    return [{ places: ['sys/fs/cgroup', 'sys/fs/cgroup/unified'], path, limit: unifiedLimit }]
  }
  if (kinds?.split(',').includes('cpu') !== true) return []
  return [{ places: [`sys/fs/cgroup/${kinds}`, 'sys/fs/cgroup/cpu'], path, limit: firstLimit }]
}

/**
 * A path and all above it: each of them limits. In a container the tree begins at its own group, and the path, which may
 * be that of the whole machine, leads nowhere but at its end.
 */
function upward(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..')
  return [...parts.keys(), parts.length].map((count) => parts.slice(0, count).join('/'))
}

/** Version 2: "QUOTA PERIOD" or "max PERIOD". */
function unifiedLimit(root: string, directory: string): number {
  const [quota, period] = read(root, join(directory, 'cpu.max')).split(' ').map(Number)
  return quotient(quota, period)
}

/** Version 1: a quota of -1 is none. */
function firstLimit(root: string, directory: string): number {
  const quota = Number(read(root, join(directory, 'cpu.cfs_quota_us')))
  return quotient(quota, Number(read(root, join(directory, 'cpu.cfs_period_us'))))
}

function quotient(quota = Number.NaN, period = Number.NaN): number {
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY
}

function read(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), 'latin1').trim()
  } catch {
    return ''
  }
}
