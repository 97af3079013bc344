// Networks in address lists: one IP address, or an address with a prefix length ("10.0.0.0/8").

import { isIP } from 'node:net'

/** True for an IP address or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  const slash = text.indexOf('/')
  const family = isIP(slash < 0 ? text : text.slice(0, slash))
  if (family === 0) return false
  if (slash < 0) return true
  const bits = text.slice(slash + 1)
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}
