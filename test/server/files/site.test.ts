// A site of thousands of files, fetched by wget from one page to the next: every file that is served arrives, octet for
// octet, and nothing that is not. Its directories are listings, so their references are what is followed.

import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'

const run = promisify(execFile)
const fetchMs = 50_000

/** Numbers that look random and are the same every time (xorshift). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const next = numbers(20_260_101)
const oddNames = [
  'caf\u00e9',
  'two words',
  '100%',
  'a&b',
  "it's",
  '#1',
  'x;y',
  'plus+',
  '(1)',
  '[2]',
  'c:d',
  '~',
  'a=b',
]

function contentOf(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = next(0x1_0000_0000)
  return Buffer.from(words.buffer, 0, length)
}

/** Files of 40 directories, most of them small, some empty, a few too large to be kept in memory. */
function writeSite(root: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let d = 0; d < 40; d++) {
    const directory = `d${d % 7}/${oddNames[d % oddNames.length]} ${d}/deep`
    mkdirSync(join(root, directory), { recursive: true })
    for (let f = 0; f < 60; f++) {
      const length =
        f === 0 ? 0 : f === 1 && d % 10 === 0 ? 2_500_000 + next(1000) : next(f === 2 ? 300_000 : 4000)
      const name = `${directory}/${f % 5 === 0 ? oddNames[f % oddNames.length] : 'file'} ${f}.bin`
      const content = contentOf(length)
      writeFileSync(join(root, name), content)
      files.set(name, content)
    }
  }
  return files
}

let server: RunningPortico
let top: string
let files: Map<string, Buffer>

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'portico-site-'))
  files = writeSite(join(top, 'site'))
  writeFileSync(join(top, 'site/.hidden'), 'hidden')
  writeFileSync(join(top, 'outside'), 'outside')
  symlinkSync('../outside', join(top, 'site/link'))
  writeFileSync(
    join(top, 'portico.yaml'),
    'log: { access: "off" }\nmounts: { /: { files: site, listing: true } }\n',
  )
  const args = ['serve', join(top, 'portico.yaml'), '--listen', '127.0.0.1:0']
  server = await startPortico({ args, shared: true })
})
afterAll(async () => {
  await server.stop()
  rmSync(top, { recursive: true, force: true })
})

it.skipIf(isMissing('wget'))(
  'arrives whole',
  async () => {
    const target = join(top, 'fetched')
    // biome-ignore format: a command line
    const options = [
      '--quiet', '--recursive', '--level=inf', '--no-parent', '--no-host-directories', '--tries=1', '--timeout=20',
      '--restrict-file-names=unix,nocontrol', '--local-encoding=UTF-8', '--remote-encoding=UTF-8',
      '--reject-regex=[?]sort=', '-e', 'robots=off', `--directory-prefix=${target}`, `${server.url}/`,
    ]
    await run('wget', options, { env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, timeout: fetchMs })
    const fetched = readdirSync(target, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'index.html')
      .map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1))
    expect(fetched.sort()).toEqual([...files.keys()].sort())
    const differing = fetched.filter(
      (name) => files.get(name)?.equals(readFileSync(join(target, name))) !== true,
    )
    expect(differing).toEqual([])
  },
  fetchMs,
)
