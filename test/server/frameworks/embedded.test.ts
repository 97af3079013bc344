// Flask and CherryPy, unmodified, embedded in one server: one interpreter, each with its own requests and sessions.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpPids, workerPids } from '../../double/processes.ts'
import { isMissing, libpython, Project, systemPython } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'

const config = `applications:
  book: { wsgi: app.py, directory: flask, python: ${systemPython} }
  orders: { wsgi: orders.py, directory: cherrypy, python: ${systemPython} }
mounts: { /book: book, /orders: orders }
`

/** Mounted by Portico, not by CherryPy. */
const callable = `application = cherrypy.Application(Root(), None, {'/': {'tools.sessions.on': True}})\n`

describe.skipIf(isMissing('python3-flask', 'python3-cherrypy3', libpython))('two frameworks embedded', () => {
  let project: Project
  let server: RunningPortico
  beforeAll(async () => {
    project = new Project()
    project.copy('flask', 'flask')
    project.copy('cherrypy', 'cherrypy')
    project.append('cherrypy/orders.py', callable)
    project.append('portico.yaml', config)
    server = await project.serve('--mode', 'embedded')
  })
  afterAll(() => project?.remove())

  it('answer at the same time from one process, each below its mount', async () => {
    const asked = Array.from({ length: 20 }, async (_, n) => {
      const [flask, cherrypy] = await Promise.all([
        fetch(`${server.url}/book/where/${n}`),
        fetch(`${server.url}/orders/order?crate=nuts&count=${n}`),
      ])
      return [await flask.text(), await cherrypy.text()]
    })
    expect(await Promise.all(asked)).toEqual(
      asked.map((_, n) => [`/book/where/${n} ${server.url}/book/where/${n}`, `GET: ${n} of nuts`]),
    )
    const [pid] = httpPids(server)
    expect(workerPids(server)).toEqual([pid, pid])
  })

  it('keep their sessions apart', async () => {
    const signed = await fetch(`${server.url}/book/sign`, {
      method: 'POST',
      body: new URLSearchParams({ name: 'Zoë' }),
      redirect: 'manual',
    })
    const visited = await fetch(`${server.url}/orders/visits`)
    const cookie = [...signed.headers.getSetCookie(), ...visited.headers.getSetCookie()]
      .map((field) => field.split(';')[0])
      .join('; ')
    expect(await (await fetch(`${server.url}/book/`, { headers: { cookie } })).text()).toContain('Hello, Zoë')
    expect(await (await fetch(`${server.url}/orders/visits`, { headers: { cookie } })).text()).toBe('2')
  })
})
