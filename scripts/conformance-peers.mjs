// `npm run conformance:peers [NAME,NAME]`: the conformance cases against Portico, gunicorn, uwsgi, waitress and mod_wsgi of
// Debian, side by side. Without names it also renews the table in docs/conformance.md.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerPackages, providePackages } from './packages.mjs'
import { prepare, program, root } from './prepare.mjs'
import { run } from './run.mjs'
import { plain, renewBlock, row, versions } from './tables.mjs'

const wholeMs = 1_800_000
const only = process.argv[2]

function markdown({ names, lines }, made) {
  const count = (index, result) => lines.filter(({ cells }) => cells[index]?.result === result).length
  const total = names.map((_, index) => `${count(index, 'ok')} of ${lines.length - count(index, 'n.a.')}`)
  const failures = names.flatMap((name, index) => {
    const failed = lines.filter(({ cells }) => cells[index]?.result === 'FAIL')
    if (failed.length === 0) return []
    return [
      '',
      `### ${name}`,
      '',
      ...failed.map(({ row: id, title, cells }) => `- ${id}, ${plain(title)}: ${plain(cells[index].why)}`),
    ]
  })
  return [
    `Made on ${new Date().toISOString().slice(0, 10)} with ${made.join(', ')}.`,
    '',
    row(['Row', '', 'Case', ...names]),
    row(['---', '---', '---', ...names.map(() => '---')]),
    ...lines.map(({ row: id, level, title, cells }) =>
      row([id, level, plain(title), ...cells.map(({ result }) => result)]),
    ),
    row(['', '', 'passed', ...total]),
    '',
    '## What failed, and how',
    ...failures,
  ].join('\n')
}

await prepare()
const missing = await providePackages(peerPackages)
if (missing.length > 0) {
  console.error(`missing: ${missing.map(({ name }) => name).join(' ')} (Debian, as root, installs them)`)
  process.exit(1)
}
const directory = mkdtempSync(join(tmpdir(), 'portico-peers-'))
try {
  const file = join(directory, 'table.json')
  const env = { PORTICO_PEERS_TABLE: file, ...(only === undefined ? {} : { PORTICO_PEERS: only }) }
  const args = ['run', '--project', 'peers', '--reporter=dot', 'test/conformance']
  await run(program('vitest'), args, { cwd: root, deadlineMs: wholeMs, show: true, env })
  if (only === undefined) {
    const table = markdown(JSON.parse(readFileSync(file, 'utf8')), await versions(peerPackages))
    await renewBlock('docs/conformance.md', 'conformance:peers', table)
  }
} finally {
  rmSync(directory, { recursive: true })
}
