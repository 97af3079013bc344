import { expect, it } from 'vitest'
import { temporaryDirectory } from '../../test/app/worker/stand-in.ts'
import { load } from '../config/load.ts'
import { httpLaunch } from './http-launch.ts'

it('tells the HTTP process what embedded applications know, and nothing of what others do', () => {
  const directory = temporaryDirectory()
  const environment = { SECRET: 'of the application' }
  const loaded = load({
    kind: 'object',
    value: {
      applications: { shop: { wsgi: 'shop:app', environment }, blog: { wsgi: 'blog:app', environment } },
      services: { queue: { command: ['sleep', '1'], environment } },
      mounts: { '/': 'shop', '/blog': 'blog' },
    },
    directory,
    label: 'test',
  })
  if (loaded.kind === 'bad') throw new Error(JSON.stringify(loaded.problems))
  const { effective } = loaded
  // As if the machine had an interpreter to embed.
  const applications = effective.applications.map((one) =>
    one.name === 'blog' ? { ...one, mode: 'embedded' as const } : one,
  )
  const context = { reload: false, identity: null, publications: () => [] }
  const { greeting } = httpLaunch({ ...effective, applications }, [], context)
  const told = greeting([]).effective
  expect(told.applications.map((one) => [one.name, one.environment])).toEqual([
    ['shop', {}],
    ['blog', environment],
  ])
  expect(told.services).toEqual([])
})
