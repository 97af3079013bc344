// Small writes that the kernel takes at once, past the stream of their socket: the stream makes an object and a tick for each,
// and calls back, which is a twentieth of the cost of a small request. What node:net calls beneath its stream is called here
// while the stream holds nothing back; what the kernel does not take at once waits in libuv, as it does with the stream.

import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** What Node calls WriteWrap: a write that is under way. */
interface WriteRequest {
  oncomplete?: (status: number) => void
  /** How it has ended already, where Node does not call back for that. */
  readonly writeStatus?: number | null
  /** What is being written, so that nobody collects it. */
  buffer?: Buffer
}

interface Handle {
  /** Up to Node 22 the request is given, and an error returned; later it is null, and returned when it is under way. */
  writeBuffer?(request: WriteRequest | null, bytes: Buffer): number | WriteRequest
  /** Octets that libuv holds. */
  readonly writeQueueSize?: number
}

interface Inner {
  readonly _handle?: Handle | null
  readonly encrypted?: boolean
}

type RequestClass = new () => WriteRequest

const known = howNodeWrites()
/** Writes of all sockets that are under way. */
let underWay = 0

/** Node keeps the class of its requests to itself: a socket that is none shows what its handle is called with. */
function howNodeWrites(): { readonly Request: RequestClass | undefined } | undefined {
  let shown: unknown
  const handle = {
    writeBuffer: (request: unknown) => {
      shown = request
      return 0
    },
    close: () => {},
    readStart: () => 0,
  }
  try {
    const options = { handle, readable: false, writable: true, manualStart: true }
    const socket = new Socket(options as ConstructorParameters<typeof Socket>[0])
    socket.on('error', () => {})
    socket.write(Buffer.alloc(1))
    socket.destroy()
  } catch {
    // Another Node than those that are known: its streams do it.
  }
  if (shown === null) return { Request: undefined }
  if (typeof shown !== 'object' || shown.constructor.name !== 'WriteWrap') return undefined
  return { Request: shown.constructor as RequestClass }
}

/** Writes octets that are not changed any more. False: wait for 'drain', as with write() of the socket. */
export function writeTo(socket: Socket, bytes: Buffer): boolean {
  const handle = freeHandle(socket)
  if (known === undefined || handle?.writeBuffer === undefined) return socket.write(bytes)
  const { Request } = known
  // A new one each time: libuv may have kept the last one although nothing of it waits any more, when the other side has read
  // between the two attempts to write. To give it again would be the end of the process.
  const request = Request === undefined ? null : new Request()
  const result = handle.writeBuffer(request, bytes)
  // The stream meets the same error, and tells everybody.
  if (typeof result === 'number' && result !== 0) return socket.write(bytes)
  if (typeof result === 'object') follow(socket, result, bytes)
  else if (request !== null && handle.writeQueueSize !== 0) follow(socket, request, bytes)
  return true
}

/** Octets that were written and have not left this process. */
export function unsentBytes(socket: Socket): number {
  // The kernel takes large buffers piecemeal; only libuv's queue shows that.
  return socket.writableLength + ((socket as unknown as Inner)._handle?.writeQueueSize ?? 0)
}

/** Undefined where something else has to go out first, or the octets are not those that the kernel gets. */
function freeHandle(socket: Socket): Handle | undefined {
  const { _handle: handle, encrypted } = socket as unknown as Inner
  if (handle == null || encrypted === true || socket.connecting) return undefined
  if (socket.writableLength > 0 || socket.writableCorked > 0 || !socket.writable) return undefined
  return underWay > 0 && handle.writeQueueSize !== 0 ? undefined : handle
}

/** As Node's own writes fail. */
function writeError(status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' })
}

/** libuv has kept the request, and tells when all of it is out. */
function follow(socket: Socket, request: WriteRequest, bytes: Buffer): void {
  underWay++
  request.buffer = bytes
  request.oncomplete = (status) => {
    underWay--
    // With its error: to whom the end of a connection is the end of an answer, one without would be in order.
    if (status < 0) socket.destroy(writeError(status))
  }
  if (typeof request.writeStatus === 'number') request.oncomplete(request.writeStatus)
}
