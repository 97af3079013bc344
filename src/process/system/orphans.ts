// As process 1 of a container, or as a subreaper, the supervisor inherits every process whose parent has ended. When such
// a one ends, it stays as a zombie until somebody waits for it, and Node waits for its own children only.
// Own children are none of our business here: whoever takes one of those away makes Node wait for it for ever. Node
// takes its own away whenever its loop turns, so a zombie that two looks have seen, with a turn between them, is not one.

import { readdirSync, readFileSync } from 'node:fs'
import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'
import { systemCalls } from './system-calls.ts'

/** From the end of some child to the first look, and between two looks. */
const lookMs = 500

/** The part of `process` that is needed. */
interface ChildSignals {
  on(signal: 'SIGCHLD', listener: () => void): unknown
  off(signal: 'SIGCHLD', listener: () => void): unknown
}

interface OrphanOptions {
  readonly log: Log
  readonly signals?: ChildSignals
  /** Zombies among our children, by id and time of their start. */
  readonly zombies?: () => readonly Zombie[]
  /** Takes one away; undefined where that cannot be done. */
  readonly takeAway?: ((pid: number) => unknown) | undefined
}

export interface Zombie {
  readonly pid: number
  /** Ticks since the machine's start: another process of the same id has another. */
  readonly startedAt: string
}

/** Takes orphans away as they end, until the returned function is called. Costs nothing while no child ends. */
export function reapOrphans({
  log,
  signals = process,
  zombies = ownZombies,
  takeAway = systemCalls()?.takeAway,
}: OrphanOptions): () => void {
  const next = new Deadline()
  let armed = false
  let seen = new Set<string>()
  let said = false
  const arm = (): void => {
    if (armed) return
    armed = true
    next.arm(lookMs, look)
  }
  const look = (): void => {
    armed = false
    const found = zombies()
    const foreign = found.filter((zombie) => seen.has(keyOf(zombie)))
    if (takeAway !== undefined) for (const { pid } of foreign) takeAway(pid)
    else if (foreign.length > 0 && !said) {
      said = true
      log.warn('children.unreaped', { count: foreign.length }, hint)
    }
    const fresh = found.filter((zombie) => !foreign.includes(zombie))
    seen = new Set((takeAway === undefined ? found : fresh).map(keyOf))
    if (fresh.length > 0) arm()
  }
  signals.on('SIGCHLD', arm)
  return () => {
    signals.off('SIGCHLD', arm)
    next.clear()
  }
}

const hint =
  'Install the optional package koffi, or have something else be process 1: docker run --init, init: true for Compose'

function keyOf({ pid, startedAt }: Zombie): string {
  return `${pid} ${startedAt}`
}

/** @param proc where proc(5) is mounted */
export function ownZombies(proc = '/proc', own = process.pid): readonly Zombie[] {
  return childrenOf(proc, own).flatMap((pid) => {
    const [state, parent, ...more] = statOf(proc, pid)
    // Fields 3, 4 and 22 of stat.
    return state === 'Z' && Number(parent) === own ? [{ pid, startedAt: more[17] ?? '' }] : []
  })
}

/** Of every thread, from the kernel; where it keeps no such lists, everybody, for the caller looks at the parent. */
function childrenOf(proc: string, own: number): readonly number[] {
  try {
    const tasks = `${proc}/${own}/task`
    const lists = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/children`, 'latin1'))
    return (lists.join(' ').match(/\d+/g) ?? []).map(Number)
  } catch {
    return namesIn(proc)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** What follows the name of the program, which may hold anything. */
function statOf(proc: string, pid: number): readonly string[] {
  try {
    const text = readFileSync(`${proc}/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
