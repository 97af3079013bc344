// When a program that was just started is ready: it has taken a connection. Of one that makes its socket itself, whose user can
// put anything in its place, the socket is looked at before.

import { chmodSync } from 'node:fs'
import { Deadline } from '../deadline.ts'
import { withSocketOf } from '../socket/own-socket.ts'
import { knock } from './knock.ts'
import type { ProgramLaunch } from './program-launch.ts'

/** Between two looks for a socket that is not there yet. */
const lookMs = 25

export class Readiness {
  readonly #launch: ProgramLaunch
  readonly #ready: () => void
  readonly #next = new Deadline()
  #giveUp: () => void = () => {}

  /** @param ready called once */
  constructor(launch: ProgramLaunch, ready: () => void) {
    this.#launch = launch
    this.#ready = ready
    this.#look()
  }

  stop(): void {
    this.#next.clear()
    this.#giveUp()
  }

  #look(): void {
    const { bindsItself, socket, socketMode, identity } = this.#launch
    if (!bindsItself) {
      this.#knock(socket)
      return
    }
    try {
      withSocketOf(identity?.uid ?? process.getuid?.() ?? 0, socket, (path) => {
        // With the usual umask the HTTP processes, which are in its group, could not connect.
        chmodSync(path, socketMode)
        this.#knock(path)
      })
    } catch {
      this.#lookLater()
    }
  }

  #knock(path: string): void {
    this.#giveUp = knock(path, {
      taken: () => this.#over(),
      refused: () => this.#lookLater(),
    })
  }

  #lookLater(): void {
    this.#next.arm(lookMs, () => this.#look())
  }

  #over(): void {
    this.stop()
    this.#ready()
  }
}
