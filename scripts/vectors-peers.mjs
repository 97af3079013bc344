// `npm run vectors:peers`: the HTTP/1.1 vectors against Portico, and Apache httpd, nginx and lighttpd of Debian, side by side.
// Renews the table in docs/http1-vectors.md.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { providePackages, vectorPackages } from './packages.mjs'
import { prepare, program, root } from './prepare.mjs'
import { run } from './run.mjs'
import { plain, renewBlock, row, versions } from './tables.mjs'

const wholeMs = 900_000
const levels = ['MUST', 'SHOULD', 'MAY', 'POLICY']

/** What the first letters of an id stand for. */
const families = {
  rl: 'request line',
  tg: 'request target',
  hd: 'fields',
  ho: 'Host',
  cl: 'Content-Length',
  te: 'Transfer-Encoding',
  ch: 'chunks',
  tr: 'trailers',
  ex: 'Expect and Upgrade',
  cn: 'connections and pipelining',
  sm: 'request smuggling',
  fr: 'octet by octet',
  rg: 'ranges',
  co: 'preconditions',
  pt: 'paths and files',
}

function markdown(table, made) {
  const count = (rows) => `${rows.filter(({ faults }) => faults.length === 0).length} of ${rows.length}`
  const line = (title, isMeant) => row([title, ...table.map(({ rows }) => count(rows.filter(isMeant)))])
  const missed = table.flatMap(({ name, rows }) => [
    '',
    `### ${name}`,
    '',
    ...listOf(rows.filter(({ level, faults }) => level === 'MUST' && faults.length > 0)),
  ])
  return [
    `Made on ${new Date().toISOString().slice(0, 10)} with ${made.join(', ')}.`,
    '',
    row(['Family', ...table.map(({ name }) => name)]),
    row(['---', ...table.map(() => '---')]),
    ...Object.entries(families).map(([id, title]) =>
      line(`${id}: ${title}`, (one) => one.id.startsWith(`${id}-`)),
    ),
    line('all', () => true),
    ...levels.map((level) => line(`of these ${level}`, (one) => one.level === level)),
    '',
    '## MUST vectors that are missed, and how',
    ...missed,
  ].join('\n')
}

function listOf(rows) {
  if (rows.length === 0) return ['None.']
  return rows.map(({ id, why, faults }) => `- ${id}, ${plain(why)}: ${plain(faults.join('; '))}`)
}

await prepare()
const missing = await providePackages(vectorPackages)
if (missing.length > 0) {
  console.error(`missing: ${missing.map(({ name }) => name).join(' ')} (Debian, as root, installs them)`)
  process.exit(1)
}
const directory = mkdtempSync(join(tmpdir(), 'portico-vectors-'))
try {
  const file = join(directory, 'table.json')
  const args = ['run', '--project', 'peers', 'test/http1']
  const env = { PORTICO_VECTORS_TABLE: file }
  const { ok } = await run(program('vitest'), args, { cwd: root, deadlineMs: wholeMs, show: true, env })
  // A server that did not start would be a column of nothing.
  if (ok) {
    const table = JSON.parse(readFileSync(file, 'utf8'))
    await renewBlock(
      'docs/http1-vectors.md',
      'vectors:peers',
      markdown(table, await versions(vectorPackages)),
    )
  }
  process.exitCode = ok ? 0 : 1
} finally {
  rmSync(directory, { recursive: true })
}
