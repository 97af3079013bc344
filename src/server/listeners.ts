// The listening sockets of a server: bound by the supervisor, kept over a reload where the configuration still has them.

import type { Listen } from '../config/effective.ts'
import { type BoundListener, bindListener } from '../process/socket/listener-handles.ts'
import { socketAccess } from './accounts.ts'
import type { StartProblem } from './start-problem.ts'

type Bound = Extract<BoundListener, { kind: 'ok' }>

/** A listener of the configuration and its socket. */
export interface Listening {
  readonly listen: Listen
  readonly socket: Bound
}

export class Listeners {
  #all: readonly Listening[] = []

  get all(): readonly Listening[] {
    return this.#all
  }

  /** Binds what is not bound yet; `adopt` or `discard` comes next. Nothing is closed yet: new ports open before old ones close. */
  async bind(
    listens: readonly Listen[],
  ): Promise<
    { readonly kind: 'ok'; readonly all: readonly Listening[] } | ({ readonly kind: 'bad' } & StartProblem)
  > {
    const all: Listening[] = []
    for (const listen of listens) {
      const known = this.#all.find((one) => isSameAddress(one.listen, listen))
      const access = socketAccess(listen)
      const socket =
        known?.socket ?? (access.kind === 'bad' ? access : await bindListener(listen, access.access))
      if (socket.kind === 'bad') {
        this.discard(all)
        return socket
      }
      all.push({ listen, socket })
    }
    return { kind: 'ok', all }
  }

  /** From now on these are the listeners; those that are not among them are closed. */
  adopt(all: readonly Listening[]): void {
    const before = this.#all
    this.#all = all
    for (const { socket } of before) if (!all.some((one) => one.socket === socket)) socket.close()
  }

  /** They are not needed after all: closes those that were not there before. */
  discard(all: readonly Listening[]): void {
    for (const { socket } of all) if (!this.#all.some((one) => one.socket === socket)) socket.close()
  }

  close(): void {
    this.adopt([])
  }
}

/** What else is said of a listener counts from its next start on; `backlog` and `proxy_protocol` are the HTTP process's. */
function isSameAddress(one: Listen, other: Listen): boolean {
  return (
    one.kind === other.kind && one.host === other.host && one.port === other.port && one.path === other.path
  )
}
