// An account of the test's own that is in two more groups, and a project of it whose virtual environment notes who runs
// it. Only root can make one.

import { execFileSync } from 'node:child_process'
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratch } from '../server/cli/command.ts'
import { systemPython } from './project.ts'

const groups = ['daemon', 'users']

export class Account {
  readonly name = `portico-${process.pid}`
  readonly uid: number
  readonly gid: number
  /** All, ascending. */
  readonly groups: readonly number[]

  constructor() {
    execFileSync('useradd', ['--system', '--user-group', '--groups', groups.join(','), this.name])
    this.uid = Number(execFileSync('id', ['-u', this.name], { encoding: 'utf8' }))
    this.gid = Number(execFileSync('id', ['-g', this.name], { encoding: 'utf8' }))
    const all = execFileSync('id', ['-G', this.name], { encoding: 'utf8' })
    this.groups = ascending(all.trim().split(' ').map(Number))
  }

  remove(): void {
    execFileSync('userdel', [this.name], { stdio: 'ignore' })
  }

  /** A directory that belongs to this account, with a virtual environment that does, too. */
  project(files: Readonly<Record<string, string>>): WatchedProject {
    return new WatchedProject(this, files)
  }
}

export class WatchedProject {
  readonly directory: string
  readonly #owner: Account
  readonly #record: string

  constructor(owner: Account, files: Readonly<Record<string, string>>) {
    this.#owner = owner
    this.directory = scratch(files)
    this.#record = join(this.directory, 'record')
    writeFileSync(this.#record, '')
    const venv = join(this.directory, '.venv')
    execFileSync(systemPython, ['-m', 'venv', '--without-pip', venv])
    const [python = ''] = readdirSync(join(venv, 'lib'))
    // Python runs a line of a .pth file that begins with "import" before it runs anything else.
    const note = `r = open(${JSON.stringify(this.#record)}, 'a'); r.write('%s\\n' % ids); r.close()`
    const ids = 'ids = [os.getresuid(), os.getresgid(), sorted(os.getgroups())]'
    writeFileSync(join(venv, 'lib', python, 'site-packages/who.pth'), `import os; ${ids}; ${note}\n`)
    execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, this.directory])
  }

  /** Who ran the interpreter, each once; and how often anybody did. */
  get runs(): { readonly as: readonly string[]; readonly count: number } {
    const lines = readFileSync(this.#record, 'utf8').trim().split('\n')
    return { as: [...new Set(lines)], count: lines.length }
  }

  /** The only thing that `runs` may hold. */
  get expected(): string {
    const { uid, gid, groups: all } = this.#owner
    return `[(${uid}, ${uid}, ${uid}), (${gid}, ${gid}, ${gid}), [${all.join(', ')}]]`
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8')
  }

  append(name: string, text: string): void {
    appendFileSync(join(this.directory, name), text)
  }
}

/** What the kernel says of a process. */
export function identityOf(pid: number): { uid: number; gid: number; groups: readonly number[] } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const numbers = (key: string) =>
    (new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.match(/\d+/g) ?? []).map(Number)
  return {
    uid: numbers('Uid')[0] ?? -1,
    gid: numbers('Gid')[0] ?? -1,
    groups: ascending(numbers('Groups')),
  }
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...numbers].sort((a, b) => a - b)
}
