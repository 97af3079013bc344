// The scripts of the measurements, in a place where every server may run them, and what each of them says.

import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = join(dirname(fileURLToPath(import.meta.url)), 'scripts')
const hello = { begins: 'Hello, world!\n', ends: 'Hello, world!\n' }

/** What stands around the body of every right answer. */
export const measured = {
  'C hello': { path: '/cgi-bin/hello', ...hello },
  'shell hello': { path: '/cgi-bin/hello.sh', ...hello },
  'Python hello': { path: '/cgi-bin/hello.py', ...hello },
  'Python environ': { path: '/cgi-bin/environ.py', begins: '<table>\n<tr><td>', ends: '<p>whole\n' },
}

/** A site with a file of 1 KiB as `/` and the scripts in `cgi-bin`; its directory, which the caller removes. */
export function writeSite() {
  const site = mkdtempSync(join(tmpdir(), 'portico-bench-site-'))
  chmodSync(site, 0o755)
  writeFileSync(join(site, 'index.html'), 'x'.repeat(1024))
  const scripts = join(site, 'cgi-bin')
  mkdirSync(scripts, { mode: 0o755 })
  for (const name of readdirSync(sources)) {
    if (name.endsWith('.c')) {
      compile(join(sources, name), join(scripts, name.slice(0, -2)))
      continue
    }
    copyFileSync(join(sources, name), join(scripts, name))
    chmodSync(join(scripts, name), 0o755)
  }
  return site
}

function compile(source, program) {
  const { status, stderr } = spawnSync('/usr/bin/gcc', ['-O2', '-o', program, source], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`gcc failed: ${stderr}`)
}
