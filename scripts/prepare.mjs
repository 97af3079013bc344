// What `npm start` and `npm test` need first: a Node that is new enough, the packages, a current build, a Python.
// Says what it does, does only what is needed, and is done in a few milliseconds when nothing is.
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const installStamp = join(root, 'node_modules/.portico-stamp')
const buildStamp = join(root, '.build/sources.json')
const buildMemory = join(root, '.build/portico.tsbuildinfo')
const dist = join(root, 'dist')

/** Ends the process with one message and status 1. */
export function giveUp(message) {
  console.error(message)
  process.exit(1)
}

/** Everything before the first test or the first request. */
export async function prepare() {
  requireNode()
  await install()
  await build()
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  giveUp(
    `Portico needs Node.js 20.19 or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'Take a current one from https://nodejs.org/ or your package manager.',
  )
}

async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === wanted) return
  console.error('portico: installing packages (npm ci)')
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
  const clean = await run('npm', ['ci', ...quietly], { cwd: root, deadlineMs: 240_000 })
  if (!clean.ok) {
    // A lock made where a registry lacks the builds for other platforms is refused by npm ci, not by npm install.
    console.error('portico: npm ci could not use the lock file with this registry; using npm install')
    const { ok, output } = await run('npm', ['install', '--no-save', ...quietly], {
      cwd: root,
      deadlineMs: 240_000,
    })
    if (!ok)
      giveUp(`${firstLines(output)}portico: npm install failed too; is the package registry reachable?`)
  }
  writeFileSync(installStamp, wanted)
}

function firstLines(output) {
  return `${output.split('\n').slice(0, 8).join('\n')}\n`
}

async function build() {
  const before =
    existsSync(buildStamp) && existsSync(dist) ? JSON.parse(readFileSync(buildStamp, 'utf8')) : {}
  const now = sources()
  if (JSON.stringify(before) === JSON.stringify(now)) return
  console.error('portico: building (tsc)')
  // What an earlier source left in dist must not be found by an import; then tsc has to forget that it wrote the rest.
  if (Object.keys(before).length === 0 || Object.keys(before).some((file) => !(file in now))) {
    rmSync(dist, { recursive: true, force: true })
    rmSync(buildMemory, { force: true })
  }
  rmSync(buildStamp, { force: true })
  const { ok, output } = await run(program('tsc'), ['-p', 'tsconfig.build.json'], {
    cwd: root,
    deadlineMs: 120_000,
  })
  if (!ok) giveUp(`${output}portico: the build failed`)
  mkdirSync(dirname(buildStamp), { recursive: true })
  writeFileSync(buildStamp, JSON.stringify(now))
}

/** Every file that the build reads, with its time and size. */
function sources() {
  const found = {}
  const names = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts'))
  const files = names.filter((name) => !name.endsWith('.test.ts')).map((name) => join('src', name))
  for (const file of [...files.sort(), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    const { mtimeMs, size } = statSync(join(root, file))
    found[file] = `${mtimeMs} ${size}`
  }
  return found
}

/** Path of a development tool that npm installed. */
export function program(name) {
  return join(root, 'node_modules/.bin', name)
}

/** The first program of that name on PATH, or undefined. */
export function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isExecutable)
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

export const pythonMissing = `Portico needs Python 3.8 or newer for Python applications, and there is no python3 on PATH.
  Debian, Ubuntu   sudo apt install python3
  Fedora           sudo dnf install python3
  Alpine           sudo apk add python3
  macOS            brew install python`
