// A directory as Passenger knows it: public/ in front, passenger_wsgi.py for everything else.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isMissing, Project } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'

describe.skipIf(isMissing('python3'))('portico serve beside passenger_wsgi.py and public/', () => {
  let project: Project
  let server: RunningPortico
  beforeAll(async () => {
    project = new Project()
    project.copy('passenger')
    server = await project.serve()
  })
  afterAll(() => project?.remove())

  it.each([
    ['/robots.txt', /^text\/plain/, 'User-agent: *\nDisallow: /private\n'],
    ['/style.css', /^text\/css/, 'body {\n  margin: 0;\n}\n'],
  ])('sends %s from public/ as a file', async (path, type, text) => {
    const answer = await fetch(server.url + path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(type)
    expect(answer.headers.get('etag')).not.toBeNull()
    expect(await answer.text()).toBe(text)
  })

  it.each([
    ['GET', '/', '/'],
    ['GET', '/private/a%20b?c=d', '/private/a b'],
    ['GET', '/public/robots.txt', '/public/robots.txt'],
    ['POST', '/robots.txt', '/robots.txt'],
  ])('asks the application for %s %s', async (method, path, pathInfo) => {
    const answer = await fetch(server.url + path, { method })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(`${method} [] [${pathInfo}]`)
  })

  it('gives a dotfile of public/ to nobody', async () => {
    const answer = await fetch(`${server.url}/.hidden`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toContain('secret')
  })

  it('never sends the source of the application', async () => {
    for (const path of ['/passenger_wsgi.py', '/../passenger_wsgi.py', '/%2e%2e/passenger_wsgi.py']) {
      const answer = await fetch(server.url + path)
      expect(await answer.text()).toBe('GET [] [/passenger_wsgi.py]')
    }
  })
})
