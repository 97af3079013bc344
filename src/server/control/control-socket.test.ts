import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { eventually } from '../../../test/double/eventually.ts'
import { ControlSocket, controlSocketPath } from './control-socket.ts'
import { type ControlRequest, encodeLine } from './protocol.ts'

const most = 32
const follow: ControlRequest = { verb: 'logs', lines: 1, request: null, follow: true }

/** Answers `status`; what follows goes on. */
async function open(): Promise<string> {
  const control = new ControlSocket(
    async ({ verb }, conversation) => {
      if (verb === 'status') conversation.end(0)
      else conversation.send({ kind: 'note', text: 'following' })
    },
    (error) => {
      throw error
    },
  )
  const directory = temporaryDirectory()
  expect(await control.open(directory)).toBeUndefined()
  onTestFinished(() => control.close())
  return controlSocketPath(directory)
}

interface Peer {
  readonly socket: Socket
  readonly heard: () => string
}

/** Connects, and resolves when the server has said hello. */
async function greeted(path: string): Promise<Peer> {
  const socket = connect({ path })
  onTestFinished(() => void socket.destroy())
  let heard = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text
  })
  await eventually('hello', () => (heard.includes('"hello"') ? true : undefined))
  return { socket, heard: () => heard }
}

async function all(count: number, make: () => Promise<Peer>): Promise<Peer[]> {
  const peers: Peer[] = []
  while (peers.length < count) peers.push(await make())
  return peers
}

async function asked(path: string, request: ControlRequest, answer: string): Promise<Peer> {
  const peer = await greeted(path)
  peer.socket.write(encodeLine(request))
  await eventually(answer, () => (peer.heard().includes(answer) ? true : undefined))
  return peer
}

it('lets somebody in who asks when as many as may be have said nothing', async () => {
  const path = await open()
  const silent = await all(most, () => greeted(path))
  await asked(path, { verb: 'status' }, '"exit":0')
  await eventually('the oldest has gone', () => (silent[0]?.socket.destroyed ? true : undefined))
  expect(silent.filter(({ socket }) => socket.destroyed)).toHaveLength(1)
})

it('counts those that follow the logs apart, and refuses too many of them', async () => {
  const path = await open()
  const following = await all(most, () => asked(path, follow, 'following'))
  const refused = await asked(path, follow, '"exit":1')
  expect(refused.heard()).toContain('32 connections follow the logs already')
  await asked(path, { verb: 'status' }, '"exit":0')
  following[0]?.socket.destroy()
  await eventually('room for another', async () => {
    const peer = await greeted(path)
    peer.socket.write(encodeLine(follow))
    return eventually('an answer', () => {
      if (peer.heard().includes('"exit":1')) return false
      return peer.heard().includes('following') ? true : undefined
    }).then((isFollowing) => (isFollowing ? true : undefined))
  })
})
