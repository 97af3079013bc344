// Octets of files from the page cache straight to a socket, without a copy through this process: sendfile(2), which Node
// does not offer, through koffi. Where koffi or the call is missing nothing is sent this way, and all of it by reading.
// Never waits: not for the socket, which is non-blocking, and not for a disk, because only what is in memory is sent.

import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

/** Octets a call: so long the other connections wait. */
export const maxBurstBytes = 2 * 1024 * 1024
/** How far apart it is looked whether the file is in memory; the kernel reads ahead and forgets in about such pieces. */
const probeBytes = 256 * 1024
/** RWF_NOWAIT of preadv2(2): only what is in the page cache. */
const noWait = 8

type Call = (...values: unknown[]) => number

interface Calls {
  readonly sendfile: Call
  readonly preadv2: Call
}

/** What node:net itself looks at; without it the socket is written to as usual. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number; readonly writeQueueSize?: number } | null
  readonly encrypted?: boolean
}

let calls: Calls | undefined | 'unknown' = 'unknown'

/**
 * Sends octets of an open file from `position` on and returns how many the kernel took: 0 when it has no room now, when
 * something else is on its way to the socket, and whenever it cannot be done.
 */
export function sendFile(socket: Socket, file: number, position: number, length: number): number {
  const { _handle: handle, encrypted } = socket as unknown as WithHandle
  const to = handle?.fd ?? -1
  if (to < 0 || encrypted === true || socket.writableLength > 0 || (handle?.writeQueueSize ?? 1) > 0) return 0
  if (calls === 'unknown') calls = loadCalls()
  if (calls === undefined) return 0
  const ready = bytesInMemory(calls, file, position, Math.min(length, maxBurstBytes))
  if (ready === 0) return 0
  offset.writeBigInt64LE(BigInt(position))
  // Whatever is wrong with the file or the socket shows again when it is read and written.
  return Math.max(0, calls.sendfile(to, file, offset, ready))
}

/** Reads octets of an open file if they are in memory; 0 when they are not, and whenever it cannot be told. */
export function readInMemory(file: number, into: Buffer, position: number, length: number): number {
  if (calls === undefined || calls === 'unknown') return 0
  return Math.max(0, calls.preadv2(file, { base: into, length }, 1, position, noWait))
}

const offset = Buffer.alloc(8)
const probe = { base: Buffer.alloc(1), length: 1 }

/** How much of the file from `position` on seems to be in the page cache. */
function bytesInMemory({ preadv2 }: Calls, file: number, position: number, wanted: number): number {
  for (let ahead = 0; ahead < wanted; ahead += probeBytes) {
    if (preadv2(file, probe, 1, position + ahead, noWait) !== 1) return ahead
  }
  return preadv2(file, probe, 1, position + wanted - 1, noWait) === 1
    ? wanted
    : wanted - (wanted % probeBytes)
}

function loadCalls(): Calls | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi')
    const libc = koffi.load('libc.so.6')
    const piece = koffi.struct({ base: 'void *', length: 'size_t' })
    return {
      sendfile: libc.func('sendfile', 'int64_t', ['int', 'int', 'void *', 'size_t']),
      preadv2: libc.func('preadv2', 'int64_t', ['int', koffi.pointer(piece), 'int', 'int64_t', 'int']),
    }
  } catch {
    // An optional dependency, and another C library has other names.
    return undefined
  }
}
