import { expect, it } from 'vitest'
import { listenerFailure } from './listener-failure.ts'

const http = { address: '80', kind: 'tcp', host: '', port: 80, path: '' } as const

it('tells who may open a port below 1024', () => {
  expect(listenerFailure(http, 'EACCES')).toEqual({
    kind: 'bad',
    message: 'Cannot listen on "80": ports below 1024 are for root',
    hint: 'Start as root with user: set, give node the capability CAP_NET_BIND_SERVICE, or use a port from 1024 on',
  })
})
