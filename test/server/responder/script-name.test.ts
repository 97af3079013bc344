// One rule for every server: --script-name. Those that say the whole path as SCRIPT_NAME are told of it once.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask } from './client.ts'
import { startFront } from './front.ts'
import { fixtures, openDirectory, startResponder } from './responder.ts'

const hint = 'Start the application with --script-name / '
const stock = 'location / { include /etc/nginx/fastcgi_params; fastcgi_pass unix:/run/shop.sock; }'

/** `portico fastcgi` and its socket, with these words about the script name. */
async function start(...named: readonly string[]) {
  const socket = join(openDirectory(), 'app.sock')
  const words = ['fastcgi', 'fronted:application', '--bind', `unix:${socket}`, '--processes', '1']
  return { socket, words, responder: await startResponder([...words, ...named]) }
}

describe.skipIf(isMissing('apache2'))('Apache', () => {
  it('shows one page for every URL without it, and the log says why, once', async () => {
    const { words, responder } = await start()
    const { stdout } = await portico([...words, '--directory', fixtures, '--snippet', 'apache'])
    const { port } = await startFront(ownPlace(), 'apache', stdout)
    for (const path of ['/a', '/b'])
      expect(JSON.parse(String((await ask(port, path)).body))).toMatchObject({ PATH_INFO: '' })
    await responder.logged(hint)
    expect(responder.stderr().split(hint).length).toBe(2)
  })
})

describe.skipIf(isMissing('nginx'))('nginx with its own fastcgi_params', () => {
  it.each([
    ['/', '', '/shop/a'],
    ['/shop', '/shop', '/a'],
  ])('is right with --script-name %s', async (at, name, info) => {
    const { socket, responder } = await start('--script-name', at)
    const { port } = await startFront(ownPlace(), 'nginx', stock.replace('/run/shop.sock', socket))
    const environ = JSON.parse(String((await ask(port, '/shop/a')).body))
    expect(environ).toMatchObject({ SCRIPT_NAME: name, PATH_INFO: info })
    expect(responder.stderr()).not.toContain(hint)
  })
})

it('is in every command of the document', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../docs/gateways.md'), 'utf8')
  const commands = document.match(/^(?:ExecStart=\S*)?portico (?:fast|s)cgi .*$/gm) ?? []
  expect(commands.length).toBeGreaterThan(1)
  expect(commands.filter((command) => !command.includes('--script-name /'))).toEqual([])
})
