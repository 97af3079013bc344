// The tour, as `npm start` serves it: every link of its page that leads to this server leads somewhere.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask } from '../cgi/scripts.ts'

const tour = join(import.meta.dirname, '../../../examples/tour')

it('answers every link of its page', async () => {
  const server = await startPortico({
    args: ['serve', tour, '--listen', '127.0.0.1:0'],
    environment: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  const page = readFileSync(join(tour, 'public/index.html'), 'utf8')
  const links = [...page.matchAll(/href="(\/[^"]*)"/g)].map((match) => match[1] ?? '')
  expect(links).toContain('/fastcgi')
  for (const link of new Set(links)) {
    if (link.startsWith('/error')) continue
    expect([link, (await ask(server.port, link)).status]).toEqual([link, link === '/go' ? 307 : 200])
  }
  expect((await ask(server.port, '/fastcgi')).body).toContain('answer number 2 of this process')
})
