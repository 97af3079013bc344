// Runs one vitest project and counts its results from the JSON report.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { program, root } from './prepare.mjs'
import { run } from './run.mjs'

/**
 * Resolves to { ok, output, seconds, passed, failed, skipped }; a run that broke counts as one failure.
 * `files` are parts of paths, all files when there are none; `node` is the program that runs the tests.
 */
export async function runVitest(
  project,
  { deadlineMs, show = false, env = {}, files = [], node = process.execPath },
) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-vitest-'))
  const report = join(directory, 'report.json')
  const reporters = [
    `--reporter=${show ? 'default' : 'dot'}`,
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  try {
    const args = [program('vitest'), 'run', '--project', project, ...reporters, ...files]
    const result = await run(node, args, { cwd: root, deadlineMs, show, env })
    return { ...result, ...countOf(report, result.ok) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function countOf(report, ok) {
  let counts = { passed: 0, failed: 0, skipped: 0 }
  try {
    const found = JSON.parse(readFileSync(report, 'utf8'))
    const skipped = found.numPendingTests + found.numTodoTests
    counts = { passed: found.numPassedTests, failed: found.numFailedTests, skipped }
  } catch {
    // Without a report the run did not come to its end; its status says so.
  }
  // A file that cannot be loaded and an error outside every test fail the run without a failed test.
  if (!ok && counts.failed === 0) counts.failed = 1
  return counts
}
