// Reads and runs one golden file of test/config: sections that start with a line "--- name".
//   --- files       (optional) one a line: "public/" makes a directory, "a.env: TEXT" a file; \n is a new line;
//                   "#!" makes a program
//   --- flags       (optional) JSON of the overrides
//   --- not root    (optional) read by the user "me"
//   --- portico.yaml
//   --- problems    exact text, or
//   --- warnings    exact text, or
//   --- effective PATH    JSON of the part of the effective configuration at PATH ("applications.0.limits"), or
//   --- print       the lines of `portico check --print`
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Loaded } from '../../src/config/load.ts'
import { load } from '../../src/config/load.ts'
import type { Overrides } from '../../src/config/overrides.ts'
import { printEffective } from '../../src/config/print.ts'
import { findIdentity } from '../../src/process/identity/identity.ts'
import type { UserDatabase } from '../../src/process/identity/user.ts'
import { formatProblem } from '../../src/schema/problem.ts'

/** The users and groups of the machine that reads the files. */
const accounts = {
  passwd: [
    'www-data:x:33:33::/var/www:/bin/sh',
    'me:x:1000:1000::/home/me:/bin/sh',
    'shop:x:900:900::/:/bin/false',
    'nobody:x:901:901::/:/bin/false',
  ],
  group: ['www-data:x:33:', 'me:x:1000:', 'shop:x:900:', 'nobody:x:901:'],
}
const users: UserDatabase = {
  lines: (table, key) => accounts[table].filter((line) => line.startsWith(`${key}:`)),
  groups: () => [],
}

export interface Section {
  readonly name: string
  readonly body: string
}

export function parseGolden(text: string): { readonly intro: string; readonly sections: readonly Section[] } {
  const [intro = '', ...rest] = text.split(/^--- /m)
  const sections = rest.map((part) => {
    const end = part.indexOf('\n')
    return { name: part.slice(0, end), body: part.slice(end + 1) }
  })
  return { intro, sections }
}

/** The same text with the sections below the rule as they are now. */
export function renderGolden(intro: string, sections: readonly Section[]): string {
  return intro + sections.map(({ name, body }) => `--- ${name}\n${body}`).join('')
}

/** What every section should hold: input sections unchanged, results as the code gives them. */
export function runGolden(sections: readonly Section[]): readonly Section[] {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-config-')))
  // Other users are asked whether they may run what is in it.
  chmodSync(directory, 0o755)
  try {
    // An interpreter of its own, so that the results do not depend on the machine.
    const python = join(directory, '.venv/bin/python3')
    write(python, '#!/bin/sh\n')
    for (const { name, body } of sections) {
      if (name === 'files')
        for (const line of body.split('\n').filter((one) => one !== '')) make(directory, line)
      if (name === 'portico.yaml') write(join(directory, 'portico.yaml'), body)
    }
    const loaded = load({ kind: 'file', path: 'portico.yaml' }, overridesIn(sections), {
      cwd: directory,
      environment: {},
      uid: sections.some(({ name }) => name === 'not root') ? 1000 : 0,
      groups: [1000],
      users,
      cores: 2,
      temporary: '/tmp',
      libpython: () => ({
        kind: 'ok',
        library: '/lib/libpython3.11.so.1.0',
      }),
      identity: (user, group) => findIdentity(user, group, users),
    })
    return sections.map(({ name, body }) => ({
      name,
      body: result(name, loaded)?.replaceAll(directory, 'DIR') ?? body,
    }))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function result(name: string, loaded: Loaded): string | undefined {
  const [kind = '', path = ''] = name.split(' ')
  if (!['problems', 'warnings', 'effective', 'print'].includes(kind)) return undefined
  const problems = loaded.kind === 'bad' ? loaded.problems : loaded.warnings
  const text = problems.map((problem) => `${formatProblem(problem)}\n`).join('')
  if (kind === 'problems' || kind === 'warnings' || loaded.kind === 'bad') {
    const wanted = kind === 'problems' ? 'bad' : 'ok'
    return loaded.kind === wanted ? text : `(the configuration is ${loaded.kind})\n${text}`
  }
  if (kind === 'print')
    return printEffective(loaded.effective, loaded.provenance).replace(
      /portico\/[0-9a-f]{12}/,
      'portico/HASH',
    )
  const part = (path === '' ? [] : path.split('.')).reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined),
    loaded.effective,
  )
  return `${JSON.stringify(part, null, 2)}\n`
}

function overridesIn(sections: readonly Section[]): Overrides {
  const flags = sections.find(({ name }) => name === 'flags')
  return flags ? JSON.parse(flags.body) : {}
}

function make(directory: string, line: string): void {
  const colon = line.indexOf(': ')
  if (line.endsWith('/')) mkdirSync(join(directory, line), { recursive: true })
  else if (colon < 0) write(join(directory, line), '')
  else write(join(directory, line.slice(0, colon)), line.slice(colon + 2).replaceAll('\\n', '\n'))
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
}
