// What ends the services and the programs of applications when this process is killed and can do nothing any more: a shell that knows their process
// groups and reads from us. When we are gone, however that came, its input ends, and it kills them all. Programs of
// others watch no lifeline as our workers do, and a parent death signal (prctl(2)) would reach a program, but not what it
// has started.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Log } from '../../log/log.ts'
import { backoffMs, stableMs } from '../backoff.ts'
import { Deadline } from '../deadline.ts'

// A line is the whole truth: all groups, in place of those before. A group that has ended is no error.
const script = [
  "trap '' HUP INT QUIT TERM USR1 USR2",
  'groups=',
  'while read -r line; do groups=$line; done',
  'for group in $groups; do kill -s KILL -- "-$group"; done',
].join('\n')

export class Keeper {
  readonly #log: Log
  readonly #clock: () => number
  readonly #groups = new Set<number>()
  readonly #restart = new Deadline()
  #child: ChildProcess | null = null
  #startedAt = 0
  #failures = 0
  #closed = false

  constructor(log: Log, clock: () => number) {
    this.#log = log
    this.#clock = clock
  }

  /** From now on this process group ends with us. */
  add(group: number): void {
    this.#groups.add(group)
    if (this.#child === null && !this.#closed) this.#start()
    else this.#tell()
  }

  /** It has ended; its number may become that of another. */
  remove(group: number): void {
    if (this.#groups.delete(group)) this.#tell()
  }

  /** No group is left. */
  close(): void {
    this.#closed = true
    this.#restart.clear()
    this.#groups.clear()
    this.#tell()
    this.#child?.stdin?.end()
  }

  #start(): void {
    // A group that came while a start was due has had it: two would not know the same groups.
    this.#restart.clear()
    if (this.#child !== null) return
    this.#startedAt = this.#clock()
    const child = spawn('/bin/sh', ['-c', script, 'portico-keeper'], {
      cwd: '/',
      env: {},
      // Its own group: nothing that is meant for us may end it before us.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#child = child
    // Its exit tells the same.
    child.stdin?.on('error', () => {})
    child.on('error', () => this.#onEnd(child))
    child.on('exit', () => this.#onEnd(child))
    this.#tell()
  }

  #tell(): void {
    this.#child?.stdin?.write(`${[...this.#groups].join(' ')}\n`)
  }

  #onEnd(child: ChildProcess): void {
    if (this.#child !== child) return
    this.#child = null
    if (this.#closed) return
    this.#failures = this.#clock() - this.#startedAt >= stableMs ? 0 : this.#failures + 1
    const retryMs = backoffMs(this.#failures)
    this.#log.warn('service.unguarded', { retryMs })
    this.#restart.arm(retryMs, () => this.#start())
  }
}
