// What the pages with measured tables have in common: the versions they were made with, and the block that is renewed.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { program, root } from './prepare.mjs'
import { run } from './run.mjs'

/** `name version` of Portico, Node.js and these packages of Debian. */
export async function versions(packages) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const names = packages.map(({ name }) => name)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query
  const format = '${Package} ${Version}\n'
  const { output } = await run('dpkg-query', ['-W', '-f', format, ...names], { deadlineMs: 20_000 })
  return [`Portico ${version}`, `Node.js ${process.versions.node}`, ...output.trim().split('\n')]
}

/** Text of the outside inside a table or a list. */
export function plain(text) {
  return text
    .replace(/token-\d+-\d+-\d*/g, 'TOKEN')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
    .replace(/[\\`*_<>|[\]]/g, '\\$&')
    .slice(0, 220)
}

/** A line of a table. */
export function row(cells) {
  return `| ${cells.join(' | ')} |`
}

/** Puts the text in place of the block of a page that names this npm script. */
export async function renewBlock(page, script, text) {
  const path = join(root, page)
  const marks = [`<!-- begin: npm run ${script} -->`, '<!-- end -->']
  const [before, rest = ''] = readFileSync(path, 'utf8').split(marks[0])
  const after = rest.split(marks[1])[1] ?? '\n'
  writeFileSync(path, `${before}${marks[0]}\n\n${text}\n\n${marks[1]}${after}`)
  await run(program('biome'), ['format', '--write', path], { cwd: root, deadlineMs: 20_000 })
  console.log(`renewed ${path}`)
}
