// A machine without Python, for a server: a PATH that has all programs of the system but those.

import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const system = ['/usr/bin', '/bin']
let directory: string | undefined

// Of the test file that asks, behind the servers of its blocks.
afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  directory = undefined
})

/** What such a server is started with. Its scripts may still name an interpreter by its path. */
export function withoutPython(): Readonly<Record<string, string | undefined>> {
  directory ??= linkPrograms()
  return { PATH: directory, VIRTUAL_ENV: undefined }
}

function linkPrograms(): string {
  const path = mkdtempSync(join(tmpdir(), 'portico-no-python-'))
  const places = new Map(system.flatMap((from) => readdirSync(from).map((name) => [name, join(from, name)])))
  for (const [name, place] of places) if (!name.startsWith('python')) symlinkSync(place, join(path, name))
  return path
}
