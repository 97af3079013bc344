import { expect, it } from 'vitest'
import type { Listen } from '../config/effective.ts'
import { snippet } from './snippet.ts'

const listen = { kind: 'tcp', host: '127.0.0.1', port: 9000, path: '' } as Listen
const facts = { listen, command: 'portico', prefix: '/' }

it.each(['fastcgi', 'scgi'] as const)(
  'names the limits of nginx that an application over %s meets',
  (protocol) => {
    const text = snippet('nginx', { ...facts, protocol })
    for (const line of ['client_max_body_size 100m;', `${protocol}_read_timeout 5m;`, 'SERVER_NAME is empty'])
      expect(text).toContain(`    # ${line}`)
  },
)

it('names what Apache needs for a path with an encoded slash', () => {
  expect(snippet('apache', { ...facts, protocol: 'fastcgi' })).toContain('\n# AllowEncodedSlashes NoDecode\n')
})
