// Tells of peers that send forwarded fields without being trusted: once for each address, and of a few addresses only,
// since scanners send such fields as well, from everywhere.

import type { Log } from '../log/log.ts'

/** Addresses that are told of in the life of a process. */
const maxTold = 16

/** To be called for every such field; `address` is '' on a unix socket. */
export type UntrustedPeers = (name: string, address: string) => void

export function untrustedPeers(log: Log): UntrustedPeers {
  const told = new Set<string>()
  return (name, address) => {
    if (told.size >= maxTold || told.has(address)) return
    told.add(address)
    const peer = address === '' ? 'unix' : address
    log.warn(
      'proxy.untrusted',
      { peer, variable: name },
      `Only a trusted proxy may say this. If that is your proxy, add it: trusted_proxies: ["${peer}"]`,
    )
  }
}
