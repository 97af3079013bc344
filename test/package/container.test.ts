// examples/container, as far as it goes without Docker: what the Dockerfile copies is there, what it runs runs (but for
// apt-get), and what it starts, as process 1 and as its user, answers its health check and ends when asked to.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../double/eventually.ts'
import { freePort } from '../double/free-port.ts'
import { isAlive, processTree } from '../double/process-tree.ts'
import { isMissing } from '../double/project.ts'
import { within } from '../double/socket.ts'

const runFile = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const dockerfile = readFileSync(join(root, 'examples/container/Dockerfile'), 'utf8')
const stepMs = 120_000

interface Instruction {
  readonly name: string
  readonly text: string
}

/** Each FROM begins a stage. */
function stagesOf(text: string): Instruction[][] {
  const stages: Instruction[][] = []
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name === undefined || rest === undefined) continue
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, text: rest })
  }
  return stages
}

const [build = [], final = []] = stagesOf(dockerfile)
const image = mkdtempSync(join(tmpdir(), 'portico-image-'))
afterAll(() => rmSync(image, { recursive: true, force: true }))

/** What stands at a path of the image. */
function inImage(path: string, directory = '/'): string {
  return join(image, path.startsWith('/') ? path : join(directory, path))
}

function argument(name: string): string {
  return final.find((one) => one.name === name)?.text ?? ''
}

const environment = {
  ...process.env,
  PATH: `${join(image, 'usr/local/bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
  npm_config_prefix: join(image, 'usr/local'),
  npm_config_prefer_offline: 'true',
}

/** Does the COPY, WORKDIR and RUN of one stage; `ran` are the commands that were left out. */
async function make(stage: readonly Instruction[], prepared: (directory: string) => void = () => {}) {
  let directory = '/'
  for (const { name, text } of stage) {
    if (name === 'WORKDIR') {
      directory = text
      mkdirSync(inImage(directory), { recursive: true })
    }
    if (name === 'COPY' && !text.startsWith('--from=')) copy(text.split(/\s+/), directory)
    if (name !== 'RUN' || text.startsWith('apt-get ')) continue
    prepared(directory)
    const command = text.replaceAll(/(?<=\s)\/package/g, inImage('/package'))
    await runFile('sh', ['-ec', command], { cwd: inImage(directory), env: environment, timeout: stepMs })
  }
}

function copy(words: readonly string[], directory: string): void {
  const target = inImage(words.at(-1) ?? '', directory)
  for (const source of words.slice(0, -1)) {
    const to = words.at(-1) === './' ? join(target, basename(source)) : target
    cpSync(join(root, source), to, { recursive: true })
  }
}

/** The packages of the checkout stand for those that the build would load. */
function linkPackages(directory: string): void {
  const modules = inImage('node_modules', directory)
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules')).filter((one) => one !== '.cache'))
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
}

const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child']
const permitted = spawnSync('unshare', [...namespace, 'true']).status === 0

describe.skipIf(isMissing('python3-venv'))('the image of examples/container', () => {
  beforeAll(async () => {
    chmodSync(image, 0o755)
    await make(build, linkPackages)
    await make(final)
  }, 3 * stepMs)

  it('names a port and a user, and asks to be stopped as Portico understands it', () => {
    expect(argument('EXPOSE')).toBe('8000')
    expect(argument('STOPSIGNAL')).toBe('SIGTERM')
    expect(argument('USER')).toBe('www-data')
    expect(JSON.parse(argument('CMD'))).toEqual(['portico', 'serve'])
  })

  it.skipIf(!permitted)('serves as process 1, is healthy, and ends with 0', async () => {
    const directory = inImage(final.find(({ name }) => name === 'WORKDIR')?.text ?? '')
    const port = await freePort()
    const settings = join(directory, 'portico.yaml')
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('0.0.0.0:8000', `0.0.0.0:${port}`))
    const user = argument('USER')
    const as = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--']
    const server = spawn('unshare', [...namespace, ...as, ...JSON.parse(argument('CMD'))], {
      cwd: directory,
      env: { PATH: environment.PATH },
      stdio: 'ignore',
    })
    const exit = new Promise((resolve) => server.once('exit', (code) => resolve(code)))
    try {
      const health: string[] = JSON.parse(argument('HEALTHCHECK').replace('CMD ', ''))
      const check = health.map((word) => word.replace(':8000', `:${port}`))
      await untilHealthy(check)
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello from a container\n')
      const tree = processTree(server.pid ?? 0)
      const [, first = 0] = tree
      expect(readFileSync(`/proc/${first}/status`, 'latin1')).toMatch(/^NSpid:.*\s1$/m)
      process.kill(first, argument('STOPSIGNAL'))
      expect(await within(20_000, exit, 'the end')).toBe(0)
      expect(tree.filter(isAlive)).toEqual([])
    } finally {
      end(server)
    }
  })
})

async function untilHealthy([program = '', ...args]: readonly string[]): Promise<void> {
  await eventually('health', () =>
    spawnSync(program, args, { env: environment, timeout: 5000 }).status === 0 ? true : undefined,
  )
}

function end(server: ChildProcess): void {
  if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL')
}
