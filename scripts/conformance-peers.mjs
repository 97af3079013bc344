// `npm run conformance:peers [NAME,NAME]`: the conformance cases against Portico, gunicorn, uwsgi, waitress and mod_wsgi of
// Debian, side by side. Without names it also renews the table in docs/conformance.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerPackages, providePackages } from './packages.mjs'
import { prepare, program, root } from './prepare.mjs'
import { run } from './run.mjs'

const wholeMs = 1_800_000
const only = process.argv[2]
const page = join(root, 'docs/conformance.md')
const marks = ['<!-- begin: npm run conformance:peers -->', '<!-- end -->']

/** `name version` of Debian's packages, and of Portico. */
async function versions() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const names = peerPackages.map(({ name }) => name)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query
  const format = '${Package} ${Version}\n'
  const { output } = await run('dpkg-query', ['-W', '-f', format, ...names], { deadlineMs: 20_000 })
  return [`Portico ${version}`, `Node.js ${process.versions.node}`, ...output.trim().split('\n')]
}

/** Text of the outside inside a table or a list. */
function plain(text) {
  return text
    .replace(/token-\d+-\d+-\d*/g, 'TOKEN')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
    .replace(/[\\`*_<>|[\]]/g, '\\$&')
    .slice(0, 220)
}

function markdown({ names, lines }, made) {
  const count = (index, result) => lines.filter(({ cells }) => cells[index]?.result === result).length
  const total = names.map((_, index) => `${count(index, 'ok')} of ${lines.length - count(index, 'n.a.')}`)
  const row = (cells) => `| ${cells.join(' | ')} |`
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
  const args = ['run', '--project', 'peers', '--reporter=dot']
  await run(program('vitest'), args, { cwd: root, deadlineMs: wholeMs, show: true, env })
  if (only === undefined) {
    const table = markdown(JSON.parse(readFileSync(file, 'utf8')), await versions())
    const [before, rest = ''] = readFileSync(page, 'utf8').split(marks[0])
    const after = rest.split(marks[1])[1] ?? '\n'
    writeFileSync(page, `${before}${marks[0]}\n\n${table}\n\n${marks[1]}${after}`)
    await run(program('biome'), ['format', '--write', page], { cwd: root, deadlineMs: 20_000 })
    console.log(`renewed ${page}`)
  }
} finally {
  rmSync(directory, { recursive: true })
}
