import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../../test/app/worker/stand-in.ts'
import { eventually } from '../../test/double/eventually.ts'
import { RestartFiles } from './restart-files.ts'

it('takes a file of an application that left and came back for one it knows', async () => {
  const touched: string[] = []
  const files = new RestartFiles((application) => touched.push(application))
  onTestFinished(() => files.stop())
  const made = ['shop', 'blog'].map((name) => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'tmp'))
    const path = join(directory, 'tmp', 'restart.txt')
    writeFileSync(path, '')
    return { name, directory, touch: (at: number) => utimesSync(path, at, at) }
  })
  const [shop, blog] = made
  if (shop === undefined || blog === undefined) throw new Error('there are two')
  await files.watch(made)
  await files.watch([blog])
  shop.touch(1000)
  await files.watch(made)
  // The look that finds this one has found nothing new in the other.
  blog.touch(2000)
  await eventually('a reload of the blog', () => (touched.length > 0 ? true : undefined))
  shop.touch(3000)
  await eventually('a reload of the shop', () => (touched.length > 1 ? true : undefined))
  expect(touched).toEqual(['blog', 'shop'])
})
