// What to do about an application at an address to which no connection can be made, as the HTTP process sees it.

import { statSync } from 'node:fs'
import { ownershipOf } from '../process/identity/ownership.ts'
import { localName } from '../process/identity/user.ts'

const unix = 'unix:'

/**
 * @param address as portico.yaml has it
 * @param code of connect(2) or getaddrinfo(3)
 */
export function unreachableHint(address: string, code: string): string {
  const path = address.startsWith(unix) ? address.slice(unix.length) : undefined
  switch (code) {
    case 'ENOENT':
      return 'There is no such socket: is the application running, and is that its path?'
    case 'ECONNREFUSED':
      return path === undefined || isSocket(path)
        ? 'Nobody listens there: is the application running?'
        : `"${path}" is no socket: name the socket itself`
    case 'EACCES':
      return path === undefined ? otherwise : closedTo(path)
    case 'EAGAIN':
      return 'Its backlog is full: it has fewer processes than there are requests; lower "connections", or give it more'
    case 'ENOTFOUND':
      return 'The name is not known: check its spelling and /etc/hosts'
    default:
      return otherwise
  }
}

const otherwise = 'Is the application running, and can this machine reach it?'

function closedTo(path: string): string {
  const user = localName('passwd', process.geteuid?.() ?? 0)
  const ownership = ownershipOf(path)
  const why = ownership === undefined ? ': a directory on the way is closed to it' : ` (${ownership})`
  return `"${user}" may not connect to "${path}"${why}; change that (listen.mode, listen.group of php-fpm), or set "user" here`
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket()
  } catch {
    return true
  }
}
