// What keeps a user from a file: the first directory on the way that does not let it through, or the file itself.
// Asked of the kernel as that user, since modes alone do not know about access control lists.

import { spawnSync } from 'node:child_process'
import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from './identity.ts'
import { startAs } from './start-as.ts'

export interface Wanted {
  /** Absolute. */
  readonly path: string
  /** Whoever may write to a socket may connect to it. */
  readonly to: 'read' | 'run' | 'connect'
}

/** As deep as the kernel follows links. */
const maxLinks = 40
const answerMs = 5000
const tests: Readonly<Record<Wanted['to'], string>> = { read: 'r', run: 'x', connect: 'w' }
// A step is the letter of a test and a path, "x/root"; the first that fails is said.
const question =
  'for step do [ "-$' + '{step%%/*}" "/$' + '{step#*/}" ] || { printf %s "/$' + '{step#*/}"; exit; }; done'

/** Undefined when nothing does, or when it cannot be found out. */
export function blockedAt(identity: Identity | null, wanted: readonly Wanted[]): string | undefined {
  if (identity === null) return undefined
  const steps = wanted.flatMap(({ path, to }) => {
    const way = stepsTo(path)
    return way.map((step, i) => (i === way.length - 1 ? `${tests[to]}${step}` : `x${step}`))
  })
  const start = startAs(identity, '/bin/sh', ['-c', question, 'sh', ...new Set(steps)], {})
  const { stdout } = spawnSync(start.file, start.arguments, {
    ...start.options,
    cwd: '/',
    encoding: 'utf8',
    timeout: answerMs,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return stdout ? stdout : undefined
}

/** Every directory that is passed, those behind links as well, and the file at the end. */
function stepsTo(path: string): readonly string[] {
  const steps = ['/']
  let here = '/'
  let links = 0
  const left = parts(path)
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const next = join(here, part)
    const target = links < maxLinks ? linkTarget(next) : undefined
    if (target === undefined) {
      here = next
      steps.push(here)
      continue
    }
    links += 1
    left.unshift(...parts(target))
    if (target.startsWith('/')) here = '/'
  }
  return steps
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}
