import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { startAs } from './start-as.ts'

const shop = { name: 'shop', uid: 1234, gid: 1235, groups: [1235, 33], home: '/home/shop' }
const setpriv = '/usr/bin/setpriv'

describe('startAs', () => {
  it('starts it plainly as who we are', () => {
    expect(startAs(null, '/bin/p', ['a'], { A: '1' })).toEqual({
      file: '/bin/p',
      arguments: ['a'],
      options: { env: { A: '1' } },
    })
  })

  it('shows setpriv, which is root, no variable under its own name', () => {
    const start = startAs(shop, '/bin/p', ['a'], { LD_PRELOAD: '/evil.so', MAIL_PASSWORD: 'word' }, setpriv)
    expect(start.file).toBe(setpriv)
    expect(start.arguments.slice(0, 5)).toEqual([
      '--reuid=1234',
      '--regid=1235',
      '--groups=1235,33',
      '--',
      '/bin/sh',
    ])
    expect(start.arguments.slice(-2)).toEqual(['/bin/p', 'a'])
    expect(start.options).toEqual({
      env: { PORTICO_CARRIED_0: '/evil.so', PORTICO_CARRIED_1: 'word' },
    })
    // Everybody may read the arguments of a process.
    expect(start.arguments.join(' ')).not.toContain('word')
  })

  it('does without supplementary groups where there is no setpriv', () => {
    const start = startAs(shop, '/bin/p', [], { A: '1' }, null)
    expect(start).toEqual({
      file: '/bin/p',
      arguments: [],
      options: { env: { A: '1' }, uid: 1234, gid: 1235 },
    })
  })

  it.runIf(process.getuid?.() === 0)('hands over ids and environment exactly', () => {
    const environment = {
      PATH: '/usr/bin:/bin',
      UID: '7',
      LC_ALL: 'xx_XX',
      PWD: '/nowhere',
      EMPTY: '',
      QUOTED: `it's "a" $HOME \`x\` \\ *\n`,
    }
    const show = 'tr "\\0" "\\n" < /proc/self/environ; id -u; id -g; id -G'
    const more = { ...environment, 'BASH_FUNC_f%%': '() { :; }', 'a.b': '' }
    const start = startAs(shop, '/usr/bin/env', ['sh', '-c', show], more)
    const said = execFileSync(start.file, start.arguments, { ...start.options, encoding: 'utf8' })
    for (const [name, value] of Object.entries(environment)) expect(said).toContain(`${name}=${value}\n`)
    expect(said).not.toMatch(/PORTICO_CARRIED_|BASH_FUNC|a\.b/)
    expect(said.split('\n').slice(-4)).toEqual(['1234', '1235', '1235 33', ''])
  })
})
