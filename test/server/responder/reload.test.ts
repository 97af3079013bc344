// SIGHUP: the code that is on disk takes over under load from nginx, which keeps its connections; what cannot be imported
// does not.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { load } from '../../double/load.ts'
import { isMissing } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask } from './client.ts'
import { startFront } from './front.ts'
import { openDirectory, startResponder } from './responder.ts'

const version = (n: number): string =>
  `import time\ndef application(environ, start_response):\n    time.sleep(0.005)\n    start_response('200 OK', [])\n    return [b'${n}']\n`

async function start() {
  const directory = openDirectory({ 'app.py': version(1) })
  const words = ['fastcgi', 'app:application', '--bind', `unix:${directory}/app.sock`, '--processes', '2']
  const responder = await startResponder(words, { directory })
  const place = ownPlace()
  const { stdout } = await portico([...words, '--directory', directory, '--snippet', 'nginx'])
  const kept = stdout.replace(/fastcgi_pass .*;/, 'fastcgi_pass app;')
  const above = `upstream app { server unix:${directory}/app.sock; keepalive 8; }`
  const { port } = await startFront(place, 'nginx', kept, above)
  return { directory, responder, port }
}

describe.skipIf(isMissing('nginx'))('SIGHUP behind nginx, which keeps its connections', () => {
  it('costs no request its answer, and the new code answers', async () => {
    const { directory, responder, port } = await start()
    const answers = []
    const url = `http://127.0.0.1:${port}`
    for (let n = 2; n <= 4; n++) {
      writeFileSync(join(directory, 'app.py'), version(n))
      responder.kill('SIGHUP')
      const until = performance.now() + 10_000
      do {
        answers.push(...(await load({ url, requests: 100, connections: 8, path: () => '/' })))
      } while (answers.at(-1)?.body !== String(n) && performance.now() < until)
      expect(answers.at(-1)?.body).toBe(String(n))
    }
    expect(answers.filter(({ status, error }) => status !== 200 || error !== '')).toEqual([])
    await responder.logged('worker.retired')
    expect(String((await ask(port, '/')).body)).toBe('4')
  })

  it('goes on with the old code when the new one cannot be imported, and says why', async () => {
    const { directory, responder, port } = await start()
    writeFileSync(join(directory, 'app.py'), 'import no_such_module\n')
    responder.kill('SIGHUP')
    await responder.logged('worker.failed')
    await responder.logged(`No module named 'no_such_module'`)
    expect(String((await ask(port, '/')).body)).toBe('1')
    writeFileSync(join(directory, 'app.py'), version(2))
    responder.kill('SIGHUP')
    await eventually('the new code', async () =>
      String((await ask(port, '/')).body) === '2' ? true : undefined,
    )
  })
})
