// What it means that a peer ends a request with another protocol status than complete (FastCGI 1.0 section 5.5).

import { PorticoError } from '../failure.ts'
import { protocolStatus } from '../wire/fastcgi.ts'

/** @param peer who refused, as messages call it */
export function refusalOf(status: number | undefined, peer: string): PorticoError {
  if (status === protocolStatus.overloaded)
    return new PorticoError('E_BACKEND_BUSY', `The ${peer} says that it is overloaded`)
  return new PorticoError('E_WIRE_MALFORMED', `The ${peer} refused the request: ${reasonOf(status)}`)
}

function reasonOf(status: number | undefined): string {
  switch (status) {
    case protocolStatus.cannotMultiplex:
      return 'it says that this connection has another request already'
    case protocolStatus.unknownRole:
      return 'it does not know the role of a responder'
    default:
      return `protocol status ${status}`
  }
}
