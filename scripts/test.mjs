// `npm test`: prepares, checks, tests the Python side, tests the built server; ends with `N passed, N failed`.
// Skips what this machine lacks and says so, unless CI or PORTICO_NO_SKIP is set: then what is missing is a failure.

import { runChecks } from './checks.mjs'
import { providePackages } from './packages.mjs'
import { prepare, pythonMissing } from './prepare.mjs'
import { findPythons, runUnittest } from './pythons.mjs'
import { runVitest } from './vitest.mjs'

const wholeMs = 840_000
const pythonStageMs = 150_000
const startedMs = performance.now()
const total = { passed: 0, failed: 0 }
const noSkip = isSet(process.env.CI) || isSet(process.env.PORTICO_NO_SKIP)

function isSet(value) {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}

function leftMs() {
  return Math.max(1000, wholeMs - (performance.now() - startedMs))
}

/** Runs one stage, prints its line, and adds what it counted. */
async function stage(name, start) {
  const beganMs = performance.now()
  const { passed, failed, skipped = 0, output = '' } = await start()
  total.passed += passed
  total.failed += failed
  if (failed > 0 && output !== '') console.log(output)
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  const rest = skipped > 0 ? `, ${skipped} skipped` : ''
  console.log(`== ${name}: ${passed} passed, ${failed} failed${rest}, ${seconds} s`)
}

/** What is not there: named when it may be skipped, else a failure for each. */
function lacking(name, consequence) {
  console.log(noSkip ? `FAIL  missing: ${name}` : `skipped: ${consequence} (missing: ${name})`)
  if (noSkip) total.failed++
}

await prepare()
const missing = await providePackages()
for (const { name, why } of missing) lacking(name, `tests that need ${name}, ${why}`)
const pythons = await findPythons()
if (pythons.length === 0) {
  console.log(pythonMissing)
  lacking('python3', 'the unit tests of the Python side')
}
// At once: the tests in Python wait for processes most of the time.
await Promise.all([
  stage('check', () => runChecks(leftMs)),
  ...pythons.map(({ path, version }) => {
    const deadlineMs = Math.min(pythonStageMs, leftMs())
    return stage(`python ${version}`, () => runUnittest(path, { deadlineMs }))
  }),
])

// Tests that need one of these packages skip themselves by this list.
const env = { PORTICO_MISSING: missing.map(({ name }) => name).join(' '), PORTICO_NO_SKIP: noSkip ? '1' : '' }
await stage('server', () => runVitest('server', { deadlineMs: leftMs(), show: true, env }))

console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
