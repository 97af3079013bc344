// Requests hidden in others, sent through proxies that keep their connections to us: what a proxy takes for one request
// must never be two for us, and what it hands on must never answer the next client (RFC 9112 section 11.2).

import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { vectors } from '../../http1/vectors.ts'
import { fronts, relay, startFront } from './front.ts'
import { configuration } from './place.ts'

const hiding = vectors.filter(({ raw }) => raw.includes('smuggled'))

for (const kind of fronts) {
  describe.skipIf(isMissing(kind.package))(`behind ${kind.package}`, () => {
    it('no hidden request is ever seen, nor does its answer reach another client', async () => {
      const server = await startPortico({ config: configuration('trusted_proxies: [127.0.0.1]') })
      const { port: between, count } = await relay(0, { port: server.port, host: '127.0.0.1' })
      const port = await startFront(kind, between)
      expect(hiding.length).toBeGreaterThan(10)
      for (const { id, raw } of hiding) {
        await rawExchange(port, Buffer.from(raw, 'latin1'), { end: true })
        const answer = await rawExchange(
          port,
          `GET /after-${id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        )
        expect(answer, id).toMatch(/^HTTP\/1\.1 200 /)
        expect(answer, id).toContain(`/after-${id}`)
      }
      await eventually('the last line', () =>
        server.stdout().includes(`/after-${hiding.at(-1)?.id}`) ? true : undefined,
      )
      const hidden = server
        .stdout()
        .split('\n')
        .filter((line) => /"GET [^"]*smuggled/.test(line))
      expect(hidden).toEqual([])
      // The connections are kept, or there would be nothing to desynchronize.
      expect(count()).toBeLessThan(2 * hiding.length)
    })
  })
}
