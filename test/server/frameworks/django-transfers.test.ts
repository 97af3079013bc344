// Large uploads into a Django view, and an answer that a view makes piece by piece.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { PieceReader } from '../../double/pieces.ts'
import { isMissing } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { framings, sendForm } from '../../double/upload.ts'

const fileBytes = 30_000_000

describe.skipIf(isMissing('python3-django'))('a Django project behind portico serve', () => {
  let project: DjangoProject
  let server: RunningPortico
  beforeAll(async () => {
    project = await DjangoProject.start()
    project.addPages()
    // One process, so that one request can let another one go on.
    server = await project.serve('--processes', '1')
  })
  afterAll(() => project?.remove())

  it.each(framings)('gets a form with a file of 30 MB that is sent %s', async (_kind, chunked) => {
    const { status, received, sent } = await sendForm(`${server.url}/upload`, fileBytes, chunked)
    expect(status).toBe(200)
    expect(received).toEqual(sent)
  })

  it('sends the first piece of a StreamingHttpResponse before the last is made', async () => {
    const answer = await fetch(`${server.url}/pieces`)
    const pieces = new PieceReader(answer)
    expect(await pieces.until('\n')).toBe('first\n')
    expect(await (await fetch(`${server.url}/rest`)).text()).toBe('on its way')
    expect(await pieces.whole()).toBe('first\nlast\n')
  })
})
