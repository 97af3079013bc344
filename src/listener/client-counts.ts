// Connections that are open of each client; holds no more names than there are connections.

export class ClientCounts {
  readonly #limit: number
  readonly #counts = new Map<string, number>()

  /** @param limit of one client, 0 = off */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts one more; false, counting nothing, when the client has as many as it may. The client '' has no limit. */
  take(client: string): boolean {
    if (this.#limit === 0 || client === '') return true
    const count = this.#counts.get(client) ?? 0
    if (count >= this.#limit) return false
    this.#counts.set(client, count + 1)
    return true
  }

  release(client: string): void {
    const count = this.#counts.get(client)
    if (count === undefined) return
    if (count > 1) this.#counts.set(client, count - 1)
    else this.#counts.delete(client)
  }
}
