// Which site answers for a host name: the exact name, then the longest wildcard, then the default site.
// Host names arrive lower case and without a port (http/authority.ts); nothing is decoded here.

/** Values by host name; `*.example.com` stands for every name below example.com, at any depth, and not for itself. */
export class HostTable<T> {
  readonly #exact = new Map<string, T>()
  /** By the part after the star, with its dot. */
  readonly #wildcards = new Map<string, T>()
  #default: T | undefined

  /** Adds a value for these names, for every other host when there are none. A name keeps its first value. */
  add(hosts: readonly string[], value: T): void {
    if (hosts.length === 0) this.#default ??= value
    for (const host of hosts) {
      const [table, key] = host.startsWith('*.') ? [this.#wildcards, host.slice(1)] : [this.#exact, host]
      if (!table.has(key)) table.set(key, value)
    }
  }

  find(host: string): T | undefined {
    if (this.#exact.size === 0 && this.#wildcards.size === 0) return this.#default
    // A name with the dot of the root is the same name (RFC 3986 section 3.2.2).
    const name = host.endsWith('.') ? host.slice(0, -1) : host
    return this.#exact.get(name) ?? this.#wildcard(name) ?? this.#default
  }

  #wildcard(name: string): T | undefined {
    if (this.#wildcards.size === 0) return undefined
    for (let dot = name.indexOf('.', 1); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const value = this.#wildcards.get(name.slice(dot))
      if (value !== undefined) return value
    }
    return undefined
  }
}
