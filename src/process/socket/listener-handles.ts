// Binds the listening sockets in the supervisor, bound but neither listening nor accepting: the HTTP
// processes inherit the descriptors and listen on them, so a restart of one of them refuses no connection and
// needs no root. Programs of applications inherit theirs, which listen already. The one file that knows net._createServerHandle: undocumented, and what node:cluster and
// net.Server use themselves.

import { lookup } from 'node:dns/promises'
import { existsSync, lchownSync, renameSync } from 'node:fs'
import * as net from 'node:net'
import { dirname, join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import type { ListenerAddress } from './listener-address.ts'
import { listenerFailure } from './listener-failure.ts'
import { examineSocketFile, removeSocketFile, socketPathBytes, withMode } from './socket-file.ts'

export interface UnixAccess {
  /** Of the file, from the moment it is there; a port of the machine is open to all its users too, so 0o666 is usual. */
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
}

export type BoundListener =
  | {
      readonly kind: 'ok'
      /** To be inherited by the HTTP processes. */
      readonly fd: number
      /** The address as bound: a port of 0 has become a real one. */
      readonly bound: ListenerAddress
      /** Also removes the file of a unix socket. */
      close(): void
    }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

interface ServerHandle {
  readonly fd: number
  getsockname?(out: object): number
  listen(backlog: number): number
  close(): void
}

type CreateServerHandle = (
  address: string,
  port: number,
  addressType: number,
  fd: number,
  flags: number,
) => ServerHandle | number

const ipv6Only = 1
/** Connections that a program has not accepted yet, as Node has it for its own. */
const backlog = 511

/** The result keeps the socket; hold it as long as the server runs. */
export async function bindListener(
  listener: ListenerAddress,
  access: UnixAccess = { mode: 0o666 },
): Promise<BoundListener> {
  return listener.kind === 'unix' ? bindUnix(listener, access) : bindTcp(listener)
}

async function bindTcp(listener: ListenerAddress): Promise<BoundListener> {
  if (listener.host === '') {
    // One socket for both families where the machine has IPv6.
    const both = bindAddress(listener, '::', 6, 0)
    return both === 'EAFNOSUPPORT' || both === 'EADDRNOTAVAIL'
      ? settle(listener, bindAddress(listener, '0.0.0.0', 4, 0))
      : settle(listener, both)
  }
  const family = net.isIP(listener.host)
  // Someone who writes [::] and 0.0.0.0 wants both, and whoever writes one of them means that one.
  if (family !== 0) return settle(listener, bindAddress(listener, listener.host, family, ipv6Only))
  try {
    const found = await lookup(listener.host)
    return settle(listener, bindAddress(listener, found.address, found.family, ipv6Only))
  } catch {
    return listenerFailure(listener, 'ENOTFOUND')
  }
}

function bindAddress(
  listener: ListenerAddress,
  host: string,
  family: number,
  flags: number,
): BoundListener | string {
  const handle = createServerHandle(host, listener.port, family, -1, family === 6 ? flags : 0)
  if (typeof handle === 'number') return getSystemErrorName(handle)
  // libuv keeps EADDRINUSE of bind back until the next call on the handle.
  const name: { port?: number } = {}
  const error = handle.getsockname?.(name) ?? 0
  if (error !== 0) {
    handle.close()
    return getSystemErrorName(error)
  }
  const bound = { ...listener, port: name.port ?? listener.port }
  return { kind: 'ok', fd: handle.fd, bound, close: () => handle.close() }
}

async function bindUnix(listener: ListenerAddress, access: UnixAccess): Promise<BoundListener> {
  const { path } = listener
  if (Buffer.byteLength(path) > socketPathBytes) return listenerFailure(listener, 'ENAMETOOLONG')
  // libuv would say EACCES.
  if (!existsSync(dirname(path))) return listenerFailure(listener, 'ENOENT')
  const found = await examineSocketFile(path)
  if (found.kind === 'live') return listenerFailure(listener, 'EADDRINUSE')
  if (found.kind === 'foreign') return listenerFailure(listener, found.why)
  if (found.kind === 'stale') removeSocketFile(path)
  const handle = withMode(access.mode, () => createServerHandle(path, -1, -1, -1, 0))
  if (typeof handle === 'number') return listenerFailure(listener, getSystemErrorName(handle))
  try {
    if (access.uid !== undefined || access.gid !== undefined) {
      lchownSync(path, access.uid ?? -1, access.gid ?? -1)
    }
  } catch (error) {
    handle.close()
    return listenerFailure(listener, error instanceof Error && 'code' in error ? String(error.code) : 'EPERM')
  }
  return { kind: 'ok', fd: handle.fd, bound: listener, close: () => handle.close() }
}

/** A unix socket that listens, to be handed to a child. */
export interface ListeningSocket {
  readonly fd: number
  /** Leaves the file: whoever has inherited the descriptor goes on listening. */
  close(): void
}

/**
 * Makes a socket that already listens, as a FastCGI program expects its descriptor 0 (FastCGI 1.0 section 2.2). Nobody but we may
 * change its directory. Spawn with it and close it before the event loop turns: from then on this process would accept.
 * Throws, saying why, when it cannot be made.
 */
export function openListeningSocket(path: string, mode: number): ListeningSocket {
  if (Buffer.byteLength(path) > socketPathBytes)
    throw new Error(`the path "${path}" is too long for a socket`)
  // libuv removes the file that it has bound when it closes its handle, so that one gets another name before.
  const bound = join(dirname(path), 'new')
  removeSocketFile(bound)
  const handle = withMode(mode, () => createServerHandle(bound, -1, -1, -1, 0))
  if (typeof handle === 'number') throw cannotListen(path, handle)
  try {
    renameSync(bound, path)
    const error = handle.listen(backlog)
    if (error !== 0) throw cannotListen(path, error)
  } catch (error) {
    handle.close()
    throw error
  }
  return { fd: handle.fd, close: () => handle.close() }
}

function cannotListen(path: string, error: number): Error {
  return new Error(`cannot listen on "${path}": ${getSystemErrorName(error)}`)
}

function settle(listener: ListenerAddress, result: BoundListener | string): BoundListener {
  return typeof result === 'string' ? listenerFailure(listener, result) : result
}

function createServerHandle(...parameters: Parameters<CreateServerHandle>): ServerHandle | number {
  const create = Reflect.get(net, '_createServerHandle') as CreateServerHandle // undocumented, so untyped
  return create(...parameters)
}
