import { describe, expect, it } from 'vitest'
import { application, place } from '../../../test/app/worker/stand-in.ts'
import { workerEnvironment } from './worker-environment.ts'

const inherited = {
  PATH: '/bin',
  LC_ALL: 'C.UTF-8',
  HOME: '/root',
  VIRTUAL_ENV: '/srv/.venv',
  PYTHONPATH: '/lib',
  PYTHONHOME: '/opt/python',
  PYTHONINSPECT: '1',
  GITHUB_TOKEN: 'secret',
  SSH_AUTH_SOCK: '/tmp/agent',
  NODE_OPTIONS: '--inspect',
}

describe('workerEnvironment', () => {
  it('takes over what an interpreter needs and nothing else', () => {
    const app = application({ python: '/usr/bin/python3', environment: {} })
    expect(workerEnvironment(app, place('ready', { inherited }))).toEqual({
      PATH: '/bin',
      LC_ALL: 'C.UTF-8',
      HOME: '/root',
      PYTHONPATH: '/lib',
      PYTHONUNBUFFERED: '1',
    })
  })

  it('keeps VIRTUAL_ENV only for the interpreter of that environment', () => {
    const app = application({ python: '/srv/.venv/bin/python' })
    expect(workerEnvironment(app, place('ready', { inherited })).VIRTUAL_ENV).toBe('/srv/.venv')
  })

  it('says whose process it is when the application has its own user', () => {
    const identity = { name: 'shop', uid: 1001, gid: 1001, groups: [1001], home: '/home/shop' }
    const environment = workerEnvironment(application(), place('ready', { inherited, identity }))
    expect(environment).toMatchObject({ HOME: '/home/shop', USER: 'shop', LOGNAME: 'shop' })
  })

  it('lets the environment of the application win', () => {
    const app = application({ environment: { PATH: '/opt/bin', PYTHONUNBUFFERED: '' } })
    expect(workerEnvironment(app, place('ready', { inherited }))).toMatchObject({
      PATH: '/opt/bin',
      PYTHONUNBUFFERED: '',
    })
  })
})
