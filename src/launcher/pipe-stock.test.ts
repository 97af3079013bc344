import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import { NamedPipes, type PipeSource, ShellPipes } from './pipe-sources.ts'
import { PipeStock, type ScriptPipes } from './pipe-stock.ts'

function take(stock: PipeStock): Promise<ScriptPipes> {
  return new Promise((resolve, reject) =>
    stock.take((taken) => (taken instanceof Error ? reject(taken) : resolve(taken))),
  )
}

function close(pipes: ScriptPipes): void {
  for (const { ours, theirs } of Object.values(pipes) as ScriptPipes['input'][]) {
    closeSync(ours)
    closeSync(theirs)
  }
}

const broken: PipeSource = { left: 0, make: (named) => process.nextTick(() => named(new Error('none here'))) }

const shells = ['/bin/sh', '/bin/dash', '/bin/bash', '/bin/busybox'].filter((path) => existsSync(path))

it.skipIf(process.platform !== 'linux').each(shells)(
  'has pipes of %s that can be opened as stdin',
  async (shell) => {
    const stock = new PipeStock([new ShellPipes(shell)], 2)
    const all = await Promise.all([take(stock), take(stock), take(stock)])
    for (const pipes of all) {
      writeSync(pipes.input.ours, 'from stdin')
      closeSync(pipes.input.ours)
      const { stdout } = spawnSync('cat', ['/dev/stdin'], {
        stdio: [pipes.input.theirs, 'pipe', 'ignore'],
        encoding: 'utf8',
      })
      expect(stdout).toBe('from stdin')
      closeSync(pipes.input.theirs)
      for (const { ours, theirs } of [pipes.output, pipes.errors, pipes.text]) {
        closeSync(ours)
        closeSync(theirs)
      }
    }
  },
)

it('has those of the next source when one does not work, and leaves no file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portico-stock-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const stock = new PipeStock([broken, new NamedPipes(join(directory, 'pipes'))], 1)
  const pipes = await take(stock)
  execFileSync('/bin/sh', ['-c', 'echo said'], { stdio: ['ignore', pipes.output.theirs, 'ignore'] })
  close(pipes)
  await take(stock).then(close)
  await eventually('no file is left', () => (readdirSync(directory).length === 0 ? true : undefined))
})

it('says so when there are none', async () => {
  await expect(take(new PipeStock([broken], 1))).rejects.toThrow('none here')
})
