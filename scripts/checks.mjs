// The checks that need no server: format, lint, types, layers, unused code, house rules, Python syntax, unit tests.
// Two run at a time, the longest first; only a failed one shows its output.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onPath, program, root } from './prepare.mjs'
import { run } from './run.mjs'
import { runVitest } from './vitest.mjs'

const checkMs = 180_000
const atOnce = 2

const checks = [
  { name: 'unit tests', start: (deadlineMs) => runVitest('unit', { deadlineMs }) },
  { name: 'types', start: (deadlineMs) => tool(deadlineMs, program('tsc'), '--noEmit', '-p', '.') },
  { name: 'unused', start: (deadlineMs) => tool(deadlineMs, program('knip'), '--no-progress') },
  {
    name: 'format and lint',
    start: (deadlineMs) => tool(deadlineMs, program('biome'), 'check', '.'),
  },
  { name: 'python syntax', start: compilePython },
  { name: 'layers', start: (deadlineMs) => tool(deadlineMs, process.execPath, 'scripts/layers.mjs') },
  { name: 'house rules', start: (deadlineMs) => tool(deadlineMs, process.execPath, 'scripts/house.mjs') },
  {
    name: 'dependencies',
    start: (deadlineMs) => tool(deadlineMs, process.execPath, 'scripts/dependencies.mjs'),
  },
]

/** Runs them all, prints a line for each, resolves to { passed, failed }: unit tests by number, the rest as one each. */
export async function runChecks(leftMs = () => checkMs) {
  const total = { passed: 0, failed: 0 }
  const waiting = [...checks]
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const result = await check.start(Math.min(checkMs, leftMs()))
      const { passed = result.ok ? 1 : 0, failed = result.ok ? 0 : 1 } = result
      total.passed += passed
      total.failed += failed
      const count = result.passed === undefined ? '' : `  ${passed} passed, ${failed} failed`
      console.log(`${failed === 0 ? 'ok  ' : 'FAIL'}  ${check.name}  ${result.seconds.toFixed(1)} s${count}`)
      if (failed > 0) console.log(result.output)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return total
}

function tool(deadlineMs, command, ...args) {
  return run(command, args, { cwd: root, deadlineMs, env: { NO_COLOR: '1' } })
}

async function compilePython(deadlineMs) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-compile-'))
  const env = { PYTHONPYCACHEPREFIX: directory }
  const args = ['-m', 'compileall', '-q', 'python']
  try {
    return await run(onPath('python3') ?? 'python3', args, { cwd: root, deadlineMs, env })
  } finally {
    rmSync(directory, { recursive: true })
  }
}
