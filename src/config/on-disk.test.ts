import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { nearName, notFile, tooLarge } from './on-disk.ts'

it('tells files from pipes, devices and directories, and large ones from small ones', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portico-on-disk-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'file')
  const pipe = join(directory, 'pipe')
  writeFileSync(file, '')
  execFileSync('mkfifo', [pipe])
  expect(notFile(file)).toBeUndefined()
  expect(notFile(pipe)).toBe(`"${pipe}" is a device, a pipe or a socket, but a file is expected`)
  expect(notFile('/dev/null')).toContain('is a device')
  expect(notFile(directory)).toContain('is a directory')
  expect(notFile(join(directory, 'none'))).toContain('does not exist')
  truncateSync(file, 11)
  expect(tooLarge(file, 11)).toBeUndefined()
  expect(tooLarge(file, 10)).toBe(`the file "${file}" has 11 octets, and 10 are the most`)
})

it('finds names that are near, whatever their ending is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portico-on-disk-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const name of ['spin.fcgi', 'shop.py', 'users']) writeFileSync(join(directory, name), '')
  const near = (name: string) => nearName(join(directory, name), `./${name}`)
  expect(['missing.fcgi', 'spim.fcgi', 'shpo.py', 'shop.pyy', 'shop', 'user'].map(near)).toEqual([
    undefined,
    './spin.fcgi',
    './shop.py',
    './shop.py',
    './shop.py',
    './users',
  ])
})
