// Finds the Pythons of this machine and runs the Python unit tests with them, counting from unittest's closing lines.
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isExecutable, onPath, root } from './prepare.mjs'
import { run } from './run.mjs'

const oldestSupported = 3.08

/** python3 first, then the oldest and the newest supported ones, each version once: [{ path, version }]. */
export async function findPythons() {
  const found = await supportedPythons()
  const byAge = [...found].sort((a, b) => a.order - b.order)
  return once([found[0], byAge[0], byAge.at(-1)].filter((python) => python !== undefined))
}

/** Every supported version once, the oldest first. */
export async function allPythons() {
  return once(await supportedPythons()).sort((a, b) => a.order - b.order)
}

function once(pythons) {
  return pythons.filter((python, index) => pythons.findIndex(({ order }) => order === python.order) === index)
}

async function supportedPythons() {
  const paths = [onPath('python3'), ...versionedPrograms(), ...pyenvPrograms()].filter(
    (path) => path !== undefined,
  )
  const asked = await Promise.all([...new Set(paths)].map(versionOf))
  return asked.filter((python) => python !== undefined && python.order >= oldestSupported)
}

function versionedPrograms() {
  const directories = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((name) => name !== '' && existsSync(name))
  return directories
    .filter((directory) => !directory.endsWith('/shims'))
    .flatMap((directory) => readdirSync(directory).map((name) => [directory, name]))
    .filter(([, name]) => /^python3(\.\d+)?$/.test(name))
    .map(([directory, name]) => join(directory, name))
}

function pyenvPrograms() {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions')
  if (!existsSync(versions)) return []
  return readdirSync(versions)
    .map((name) => join(versions, name, 'bin/python3'))
    .filter(isExecutable)
}

async function versionOf(path) {
  const question = 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'
  const { ok, output } = await run(path, ['-S', '-c', question], { deadlineMs: 10_000 })
  if (!ok) return undefined
  const [version, executable] = output.trim().split('\n')
  const [major, minor] = version.split('.').map(Number)
  // A version manager's shim is no interpreter; what it starts is.
  return { path: executable || path, version, order: major + minor / 100 }
}

/** Runs python/tests; resolves to { ok, output, seconds, passed, failed, skipped }. */
export async function runUnittest(python, { deadlineMs }) {
  const args = ['-m', 'unittest', 'discover', '-s', 'python/tests', '-t', 'python']
  const env = { PYTHONDONTWRITEBYTECODE: '1' }
  const result = await run(python, args, { cwd: root, deadlineMs, env })
  return { ...result, ...countOf(result.output, result.ok) }
}

function countOf(output, ok) {
  const ran = Number(/^Ran (\d+) tests? in/m.exec(output)?.[1] ?? 0)
  const closing = output.split('\n').findLast((line) => /^(OK|FAILED|NO TESTS RAN)\b/.test(line)) ?? ''
  const count = (word) => Number(new RegExp(`(?:\\(|, )${word}=(\\d+)`).exec(closing)?.[1] ?? 0)
  const skipped = count('skipped')
  const failed = count('failures') + count('errors') + count('unexpected successes')
  const broke = failed === 0 && (!ok || ran === 0)
  return { passed: Math.max(0, ran - failed - skipped), failed: broke ? 1 : failed, skipped }
}
