import { expect, it } from 'vitest'
import type { Application } from '../config/effective.ts'
import { responderTable } from './responder-table.ts'

const application = { wsgi: 'a:b', processes: 1, threads: 1, python: '/p', user: 'u' } as Application

function warnings(host: string, choosesClients = false): readonly string[] {
  const bound = { kind: 'tcp', host, port: 9000, path: '' } as const
  const facts = { protocol: 'fastcgi', application, listen: undefined, userSetting: '--user' } as const
  return responderTable({ ...facts, bound, choosesClients }).filter((line) => line.startsWith('warning'))
}

it.each(['', '0.0.0.0', '::', '10.0.0.1', 'app.example'])(
  'warns where other machines reach it: "%s"',
  (host) => {
    expect(warnings(host)).toEqual([expect.stringContaining('whoever can connect can claim to be any user')])
    expect(warnings(host, true)).toEqual([])
  },
)

it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('does not where none does: "%s"', (host) => {
  expect(warnings(host)).toEqual([])
})
