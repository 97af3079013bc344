import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { application, place, temporaryDirectory, until } from '../../../test/app/worker/stand-in.ts'
import { ForkedProcess } from './forked-process.ts'
import { workerLaunch } from './worker-launch.ts'

it('hands over what the template waits for, also when it is given up meanwhile', async () => {
  const address = join(temporaryDirectory(), 't1.sock')
  const heard: string[] = []
  const template = createServer((socket) => {
    const pieces: Buffer[] = []
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('end', () => heard.push(Buffer.concat(pieces).toString('hex')))
  })
  onTestFinished(() => void template.close())
  await new Promise<void>((resolve) => template.listen(address, resolve))
  const told: string[] = []
  const fork = new ForkedProcess(workerLaunch(application({}), place('ready'), 258), {
    begun: () => told.push('begun'),
    notBegun: ({ reason }) => told.push(reason),
    exited: () => told.push('exited'),
    closed: () => told.push('closed'),
  })
  fork.hand(address)
  fork.kill()
  await until(() => heard.length === 4, 'four connections have ended')
  expect(heard.sort()).toEqual(['0100000102', '0200000102', '0300000102', '0400000102'])
  expect(told).toEqual(['stopped'])
})
