// Whether a file lies on a file system from which nothing may be executed (mount(8), noexec); Linux says so in a file.

import { readFileSync } from 'node:fs'
import { realPath } from './roots.ts'

export function mountsWithoutExec(path: string, table = '/proc/self/mounts'): boolean {
  const real = realPath(path)
  let longest = ''
  let without = false
  for (const line of linesOf(table)) {
    const [, written = '', , options = ''] = line.split(' ')
    const at = written.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    )
    const holds = at === '/' || real === at || real.startsWith(`${at}/`)
    if (!holds || at.length < longest.length) continue
    longest = at
    without = options.split(',').includes('noexec')
  }
  return without
}

function linesOf(table: string): readonly string[] {
  try {
    return readFileSync(table, 'latin1').split('\n')
  } catch {
    return []
  }
}
