import { closeSync, fstatSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { Root } from './root.ts'

it('gives the one reason for which a file is refused', async () => {
  const above = temporaryDirectory()
  const directory = join(above, 'wiki')
  mkdirSync(directory)
  for (const name of ['wiki/a.css', 'wiki/config.inc', 'wiki/index.php~', 'wiki/portico.yaml', 'passwords'])
    writeFileSync(join(above, name), '')
  symlinkSync('../passwords', join(directory, 'link'))
  const scripts = [{ path: directory, endings: ['.php', '.inc'] }]
  const root = new Root(directory, 'inside', [join(directory, 'portico.yaml')], scripts)
  const refusal = async (name: string): Promise<string | undefined> => {
    const descriptor = openSync(join(directory, name), 'r')
    try {
      return await new Promise((resolve) =>
        root.refusal(descriptor, name, fstatSync(descriptor, { bigint: true }), resolve),
      )
    } finally {
      closeSync(descriptor)
    }
  }
  expect(await refusal('/a.css')).toBeUndefined()
  expect(await refusal('/config.inc')).toMatch(/^it is a script, or by its name a copy or a part of one, /)
  expect(await refusal('/index.php~')).toMatch(/^it is a script, /)
  expect(await refusal('/portico.yaml')).toMatch(/^it is a file of the server itself/)
  expect(await refusal('/link')).toMatch(/^a symlink leads to it that the mount does not allow /)
})
