// Holds requests: an application that connects to the gate stays in its request until the gate is opened or closed.
// The test sees the request begin as a connection, so neither side has to guess how long anything takes.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { within } from '../../double/socket.ts'
import { scratch } from './command.ts'

/** A WSGI application: says `begun` to the gate in the environment variable GATE, answers when it is told to. */
export const gatedApplication = `import atexit, os, socket

def application(environ, start_response):
    gate = socket.socket(socket.AF_UNIX)
    gate.connect(os.environ['GATE'])
    gate.sendall(environ['PATH_INFO'].encode() + b'\\n')
    gate.recv(1)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'finished']

@atexit.register
def last_words():
    with open(os.environ['GATE'] + '.ended', 'a') as record:
        record.write('%d ran its exit handler\\n' % os.getpid())
`

export interface Gate {
  /** For the environment variable GATE. */
  readonly path: string
  /** Resolves when so many requests are held. */
  held(count: number): Promise<void>
  /** Lets every request go that is held. */
  open(): void
}

export async function makeGate(): Promise<Gate> {
  const path = join(scratch(), 'gate')
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    server.emit('held')
  }).listen(path)
  onTestFinished(() => close(server, sockets))
  await once(server, 'listening')
  const reached = async (count: number): Promise<void> => {
    while (sockets.length < count) await once(server, 'held')
  }
  return {
    path,
    held: (count) => within(15_000, reached(count), `${count} requests at the gate`),
    open: () => {
      for (const socket of sockets) socket.write('.')
    },
  }
}

function close(server: Server, sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy()
  server.close()
}
