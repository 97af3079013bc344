// Server-sent events through nginx, Apache and lighttpd: each as it is sent, with what the snippets say of it, and with nginx
// where the application says so itself.

import { writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { within } from '../../double/socket.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { type FrontName, frontNames, packagesOf, startFront } from './front.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'

/** The application waits longer, so that a front server that collects the answer is found out. */
const firstMs = 8_000

/** As the comments say. */
const passedOn: Readonly<Record<FrontName, (lines: string) => string>> = {
  nginx: (lines) => lines.replace(/# ((?:fastcgi|scgi)_buffering off;)/, '$1'),
  apache: (lines) => {
    const end = /let the line with ProxyPass end in: (\S+)\n/.exec(lines)?.[1] ?? ''
    return lines.replace(/^( *ProxyPass ".+")$/m, `$1 ${end}`)
  },
  lighttpd: (lines) => lines.replace(/# (server\.stream-response-body = 1)/, '$1'),
}

/** The first octets that come, and then the rest. */
async function eventsOf(port: number, directory: string, buffering: string): Promise<readonly string[]> {
  const asked = get({ host: '127.0.0.1', port, path: `/shop/events?${directory}${buffering}`, agent: false })
  onTestFinished(() => void asked.destroy())
  const first = new Promise<[IncomingMessage, Buffer]>((resolve, reject) => {
    asked.once('error', reject)
    asked.once('response', (response) => {
      response.once('data', (data: Buffer) => {
        response.pause()
        resolve([response, data])
      })
    })
  })
  const [response, data] = await within(firstMs, first, 'the first event')
  writeFileSync(join(directory, 'go'), '')
  return [String(data), await within(firstMs, text(response), 'the second event')]
}

for (const front of frontNames)
  for (const protocol of ['fastcgi', 'scgi'] as const)
    describe.skipIf(isMissing(...packagesOf[front]))(`${front} over ${protocol}`, () => {
      const start = async (lines: (snippet: string) => string) => {
        const directory = openDirectory()
        const bind = ['--bind', `unix:${directory}/app.sock`, '--directory', fixtures]
        const words = [protocol, 'fronted:application', '--processes', '1', '--script-name', '/shop', ...bind]
        await startResponder(words)
        const { stdout } = await portico([...words, '--snippet', front])
        return { directory, port: (await startFront(ownPlace(), front, lines(stdout))).port }
      }
      const both = ['data: first\n\n', 'data: second\n\n']

      it('passes each event on as it comes', async () => {
        const { port, directory } = await start(passedOn[front])
        expect(await eventsOf(port, directory, '')).toEqual(both)
      })

      if (front !== 'nginx') return
      it('does so unasked where the application says X-Accel-Buffering', async () => {
        const { port, directory } = await start((lines) => lines)
        expect(await eventsOf(port, directory, '&no')).toEqual(both)
      })
    })
