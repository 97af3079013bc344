// How often the kernel has killed for lack of memory, as the control groups of processes count it: `memory.events` of
// cgroup v2, `memory.oom_control` of v1. A process that was killed says nothing, so counts from before are kept.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A count is compared with one that is at least this old: a big process takes a while to be gone. Milliseconds. */
export const sampleMs = 5000

interface Samples {
  older: number
  newer: number
}

export class MemoryKills {
  readonly #root: string
  readonly #processes: string
  readonly #samples = new Map<string, Samples>()

  /** @param root where control groups are mounted @param processes the mounted /proc */
  constructor(root = '/sys/fs/cgroup', processes = '/proc') {
    this.#root = root
    this.#processes = processes
  }

  /** Path of what counts the kills among which that of a process would be; undefined where nothing counts them. */
  watch(pid: number): string | undefined {
    const counter = this.#counterOf(pid)
    const count = counter === undefined ? undefined : read(counter)
    if (counter === undefined || count === undefined) return undefined
    if (!this.#samples.has(counter)) this.#samples.set(counter, { older: count, newer: count })
    return counter
  }

  /** Looks at the counts; called every `sampleMs`. */
  sample(): void {
    for (const [counter, samples] of this.#samples) {
      const count = read(counter)
      if (count === undefined) this.#samples.delete(counter)
      else {
        samples.older = samples.newer
        samples.newer = count
      }
    }
  }

  /** The kernel has killed within the last seconds. */
  rose(counter: string): boolean {
    const samples = this.#samples.get(counter)
    return samples !== undefined && (read(counter) ?? 0) > samples.older
  }

  #counterOf(pid: number): string | undefined {
    const groups = readText(join(this.#processes, String(pid), 'cgroup'))
    const first = /^\d+:(?:[^:\n]+,)?memory(?:,[^:\n]+)?:(.+)$/m.exec(groups)?.[1]
    if (first !== undefined) return this.#upwards('memory', first, 'memory.oom_control')
    const second = /^0::(.+)$/m.exec(groups)?.[1]
    return second === undefined ? undefined : this.#upwards('', second, 'memory.events')
  }

  /** The group may not count, and seen from within a container its path may not exist: a group above it counts for it. */
  #upwards(mount: string, group: string, file: string): string | undefined {
    for (let path = join('/', group); ; path = dirname(path)) {
      const counter = join(this.#root, mount, path, file)
      if (read(counter) !== undefined) return counter
      if (path === '/') return undefined
    }
  }
}

function read(counter: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(readText(counter))?.[1]
  return count === undefined ? undefined : Number(count)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
