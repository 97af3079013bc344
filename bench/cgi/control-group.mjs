// A control group of its own for each server: what it costs, children included that nobody waited for, and what is left of
// it, whoever the parent is. The processes of CGI scripts are often in neither: a server that ignores SIGCHLD is not told
// of their CPU time, and a child of a child that has ended belongs to init.

import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { within } from '../controlled.mjs'
import { cpuSeconds, processTree } from '../process-tree.mjs'

let number = 0

/** Version 2 has the time of every group in cpu.stat; version 1 in a hierarchy of its own. */
function hierarchies() {
  const mounts = readFileSync('/proc/mounts', 'latin1').split('\n')
  const found = mounts.map((line) => line.split(' '))
  const second = found.filter(([, , type]) => type === 'cgroup2').map(([, path]) => ({ path, version: 2 }))
  const first = found
    .filter(([, , type, options]) => type === 'cgroup' && options.split(',').includes('cpuacct'))
    .map(([, path]) => ({ path, version: 1 }))
  return [...first, ...second]
}

export class ControlGroup {
  #path
  #version = 0
  #roots = []

  constructor() {
    for (const { path, version } of hierarchies()) {
      const own = join(path, `portico-bench-${process.pid}-${number++}`)
      try {
        mkdirSync(own)
      } catch {
        continue
      }
      if (!existsSync(join(own, version === 1 ? 'cpuacct.usage' : 'cpu.stat'))) {
        rmdirSync(own)
        continue
      }
      this.#path = own
      this.#version = version
      return
    }
  }

  /** For a heading. */
  get kind() {
    if (this.#version === 1) return 'control groups (cpuacct)'
    return this.#version === 2
      ? 'control groups (version 2)'
      : 'times of the process tree: some children are missing'
  }

  /** The file that a process writes itself into; undefined when there is no group. */
  get tasks() {
    return this.#path === undefined ? undefined : join(this.#path, 'cgroup.procs')
  }

  /** The command, started in the group. */
  line(command) {
    return this.tasks === undefined
      ? command
      : ['sh', '-c', `echo $$ > ${this.tasks} && exec "$@"`, 'sh', ...command]
  }

  /** Of which the tree is looked at where there is no group. */
  add(pid) {
    this.#roots.push(pid)
  }

  /** User and system time in seconds. */
  get seconds() {
    if (this.#version === 1) return Number(readFileSync(join(this.#path, 'cpuacct.usage'), 'latin1')) / 1e9
    if (this.#version === 0) return cpuSeconds(this.#roots)
    const text = readFileSync(join(this.#path, 'cpu.stat'), 'latin1')
    return Number(/usage_usec ([0-9]+)/.exec(text)[1]) / 1e6
  }

  /** Process ids, zombies left out where there is a group. */
  get members() {
    if (this.tasks === undefined) return this.#roots.flatMap(processTree)
    return readFileSync(this.tasks, 'latin1').split('\n').filter(Boolean).map(Number)
  }

  /** Ends whoever is still in it. */
  async remove() {
    if (this.#path === undefined) return
    await within(10_000, () => {
      const left = this.members
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It has ended by itself.
        }
      }
      return left.length === 0 ? true : undefined
    })
    rmdirSync(this.#path)
  }
}
