// The command that a snippet names: it is put into a unit or a script, where the working directory is another.

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemPython } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { openDirectory } from './responder.ts'

async function startedWith(directory: string, ...words: readonly string[]): Promise<string> {
  const all = [...words, '--bind', 'unix:run/a.sock', '--snippet', 'nginx']
  const { stdout, stderr } = await portico(all, { directory })
  return /^# started with: (.+)$/m.exec(stdout)?.[1] ?? stderr
}

it.each([
  ['not said', [], ''],
  ['relative', ['--directory', 'shop'], '/shop'],
])('has the directory whole that was %s', async (_, flags, where) => {
  const directory = openDirectory({ 'shop/app.py': '', 'app.py': '' })
  const command = await startedWith(directory, 'fastcgi', 'app:application', ...flags)
  expect(command).toContain(` --bind unix:${directory}/run/a.sock `)
  expect(`${command} `).toContain(` --directory ${directory}${where} `)
  expect(command.split('--directory').length).toBe(2)
})

it('has the path of an interpreter whole', async () => {
  const directory = openDirectory({ 'app.py': '', 'own/pyvenv.cfg': 'home = /usr/bin\n' })
  mkdirSync(join(directory, 'own/bin'))
  symlinkSync(systemPython, join(directory, 'own/bin/python'))
  const command = await startedWith(directory, 'scgi', 'app:application', '--python', 'own')
  expect(command).toContain(` --python ${directory}/own/bin/python `)
})

it('has the path of a configuration whole, and leaves the directory to it', async () => {
  const yaml = 'applications: { shop: { wsgi: "app:application" } }\nmounts: { /: shop }\n'
  const directory = openDirectory({ 'app.py': '', 'portico.yaml': yaml })
  const command = await startedWith(directory, 'scgi', 'shop', '--config', 'portico.yaml')
  expect(command).toContain(` --config ${directory}/portico.yaml `)
  expect(command).not.toContain('--directory')
})
