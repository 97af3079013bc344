// numpy and lxml in an embedded application: many requests at once get what Python gives by itself, and exceptions arrive.

import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isMissing, libpython, systemPython } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { askJson, fixtures, plainEnvironment, startEmbedded } from './embedded.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

describe.skipIf(isMissing(libpython, 'python3-numpy', 'python3-lxml'))('numpy and lxml', () => {
  let server: RunningPortico
  beforeAll(async () => {
    server = await startEmbedded({
      modules: ['sciences', 'extensions'],
      settings: 'threads: 4',
      shared: true,
    })
  })
  afterAll(() => server?.stop())

  it('multiply matrices and transform documents on four threads, beside the standard library', async () => {
    const code = `import json, sciences
print(json.dumps([[sciences.matrix(seed), sciences.document(seed)] for seed in ${JSON.stringify(seeds)}]))`
    const expected = execFileSync(systemPython, ['-c', code], {
      cwd: fixtures,
      env: { ...process.env, ...plainEnvironment },
      encoding: 'utf8',
    })
    const standard = askJson(server, '/extensions/standard')
    const answers = await Promise.all(
      seeds.map((seed) =>
        Promise.all([askJson(server, `/matrix?${seed}`), askJson(server, `/document?${seed}`)]),
      ),
    )
    expect(answers).toEqual(JSON.parse(expected))
    expect(answers.map(([matrix]) => matrix.exact)).toEqual(seeds.map(() => true))
    expect(await standard).toMatchObject({ ctypes: true, sqlite3: 45 })
  })

  it('raise what they raise', async () => {
    expect(await askJson(server, '/refusals')).toEqual(['LinAlgError', 'MemoryError', 'XMLSyntaxError'])
  })
})
