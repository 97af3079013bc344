// Words for a listening socket that could not be bound: what we were doing, what happened, what to do.

import type { ListenerAddress } from './listener-address.ts'
import { findPortOwner, findSocketOwner } from './port-owner.ts'
import { socketPathBytes } from './socket-file.ts'

export interface ListenerFailure {
  readonly kind: 'bad'
  /** One sentence. */
  readonly message: string
  readonly hint: string
}

/** `code`: name of the system's error, or a reason in words. */
export function listenerFailure(listener: ListenerAddress, code: string): ListenerFailure {
  const [problem, hint] = explain(listener, code)
  return { kind: 'bad', message: `Cannot listen on "${listener.address}": ${problem}`, hint }
}

function explain(listener: ListenerAddress, code: string): [problem: string, hint: string] {
  switch (code) {
    case 'EADDRINUSE':
      return inUse(listener)
    case 'EACCES':
    case 'EPERM':
      return denied(listener)
    case 'EADDRNOTAVAIL':
      return [
        `no interface of this machine has the address ${listener.host}`,
        'Use an address that "ip address" shows, or only the port to listen on every one',
      ]
    case 'EAFNOSUPPORT':
      return ['this machine has no IPv6', 'Use an IPv4 address']
    case 'ENOTFOUND':
      return [
        `the name "${listener.host}" has no address`,
        'Use an address, or only the port to listen on every one',
      ]
    case 'ENOENT':
      return ['its directory does not exist', 'Create the directory, or choose another path']
    case 'ENAMETOOLONG':
      return [`the path is longer than ${socketPathBytes} bytes`, 'Choose a shorter path']
    case 'not-a-socket':
      return ['it exists and is not a socket', 'Remove it if nobody needs it, or choose another path']
    default:
      return [code, 'Choose another address with listen: or --listen']
  }
}

function inUse(listener: ListenerAddress): [string, string] {
  const owner = listener.kind === 'unix' ? findSocketOwner(listener.path) : findPortOwner(listener.port)
  if (owner === undefined) {
    return listener.kind === 'unix'
      ? ['another process answers there', `Find it with: ss -xlp src "${listener.path}"`]
      : ['another process listens there', `Find it with: ss -ltnp "sport = :${listener.port}"`]
  }
  return [
    `process ${owner.pid} (${owner.command}) listens there`,
    `Stop it, or choose another address with listen: or --listen`,
  ]
}

function denied(listener: ListenerAddress): [string, string] {
  if (listener.kind === 'unix') return ['permission denied', 'Choose a directory that this user may write to']
  if (listener.port >= 1024) return ['permission denied', '']
  return [
    `ports below 1024 are for root`,
    'Start as root with user: set, give node the capability CAP_NET_BIND_SERVICE, or use a port from 1024 on',
  ]
}
