// A copy of the built program that every user of the machine may read: the checkout itself may stand in a directory
// that only its owner can enter, and then nobody else could even load it.

import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>
}

let copied: string | undefined

/** Path of bin/portico.js in the copy, which is made once and removed at the end of the process. */
export function publicProgram(): string {
  if (copied !== undefined) return join(copied, 'bin/portico.js')
  const copy = mkdtempSync(join(tmpdir(), 'portico-public-'))
  copied = copy
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  chmodSync(copy, 0o755)
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  // Of an optional package those for other machines are in the lock file only.
  const modules = Object.keys(lock.packages).filter(
    (name) => name !== '' && lock.packages[name]?.dev !== true && existsSync(join(root, name)),
  )
  for (const name of ['package.json', 'bin', 'dist', 'python', ...modules]) {
    mkdirSync(join(copy, name, '..'), { recursive: true })
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  return join(copy, 'bin/portico.js')
}
