import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { checkExecutable } from './executable.ts'

/** A program whose loader is another file, in octets of the length that stands there. */
function programWith(loader: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-elf-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'program')
  const octets = readFileSync(process.execPath).subarray(0, 4096)
  const own = /\0(\/[^\0]*\/ld[^\0]*)\0/.exec(octets.toString('latin1'))
  if (own === null) throw new Error('Node names no loader')
  const at = own.index + 1
  const longer = Buffer.concat([octets.subarray(0, at), Buffer.from(`${loader}\0`), octets.subarray(at)])
  writeFileSync(path, longer, { mode: 0o755 })
  return path
}

it('takes a program whose loader lies in a directory of its own', () => {
  const prefix = mkdtempSync(join(tmpdir(), 'portico-loader-'))
  onTestFinished(() => rmSync(prefix, { recursive: true }))
  mkdirSync(join(prefix, 'lib'))
  const loader = join(prefix, 'lib/ld-of-its-own.so.2')
  copyFileSync('/bin/sh', loader)
  expect(() => checkExecutable(programWith(loader))).not.toThrow()
})

it('says of one whose loader is not there that it was built for another system', () => {
  expect(() => checkExecutable(programWith('/no/such/lib/ld-musl.so.1'))).toThrow(/dynamic loader/)
})
