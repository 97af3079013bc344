// Directories as pages: what is shown, what is hidden, and that no name gets out of its place.

import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askFiles, filesHandler, inAWord, startFiles } from '../../../test/double/ask-files.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import { firstField } from '../../http/fields.ts'
import { normalizePath } from '../../http/path.ts'
import type { FilesOptions } from './files.ts'
import { maxEntries } from './listing.ts'

let directory: ServedDirectory
beforeEach(() => {
  directory = new ServedDirectory()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

async function pageOf(path: string, query = '', options: Partial<FilesOptions> = {}): Promise<string> {
  const handler = filesHandler(directory.root, { listing: true, ...options })
  const outcome = await startFiles(handler, { path, query }).outcome
  if (outcome.kind !== 'answer' || outcome.answer.status !== 200) throw new Error(inAWord(outcome))
  return String(outcome.answer.body)
}

/** The references of the page but for those to itself and upwards. */
const hrefs = (page: string): string[] =>
  [...page.matchAll(/href="([^"]*)"/g)]
    .map((found) => found[1] ?? '')
    .filter((href) => !/^(\?|\.\.\/)/.test(href))

describe('a directory listing', () => {
  it('shows directories first, then files by name, with sizes and dates', async () => {
    directory.write('b10.txt', 'x'.repeat(2000))
    directory.write('b9.txt', '1')
    directory.write('z/inner.txt', 'x')
    utimesSync(join(directory.root, 'b9.txt'), 1_000_000_000, 1_000_000_000)
    const page = await pageOf('/')
    expect(hrefs(page)).toEqual(['z/', 'b9.txt', 'b10.txt'])
    expect(page).toContain('<td class="s" title="2000 bytes">2.0 KiB</td>')
    expect(page).toContain('<time datetime="2001-09-09T01:46:40Z" title="UTC">2001-09-09 01:46</time>')
    expect(page).not.toContain('<script')
  })

  it('sorts by links, both ways', async () => {
    for (const [name, size] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const) {
      utimesSync(directory.write(name, 'x'.repeat(size)), 1_000_000 + size, 1_000_000 - 10 * size)
    }
    expect(hrefs(await pageOf('/', 'sort=size'))).toEqual(['b', 'c', 'a'])
    expect(hrefs(await pageOf('/', 'sort=size&order=desc'))).toEqual(['a', 'c', 'b'])
    expect(hrefs(await pageOf('/', 'sort=date'))).toEqual(['a', 'c', 'b'])
    expect(hrefs(await pageOf('/', 'sort=name&order=desc'))).toEqual(['c', 'b', 'a'])
    expect(hrefs(await pageOf('/', 'sort=%22%3E<b>&order=x'))).toEqual(['a', 'b', 'c'])
    const page = await pageOf('/', 'sort=size')
    expect(page).toContain('aria-sort="ascending"><a href="?sort=size&amp;order=desc">')
  })

  it('keeps every name in its place, in text and in references', async () => {
    const names = [
      '<script>alert(1)</script>',
      'a&amp;b',
      '"onclick="x',
      "it's",
      'new\nline',
      '100%',
      'a?b#c',
      'x:y',
    ]
    for (const name of names) writeFileSync(join(directory.root, name.replaceAll('/', '\u2215')), 'x')
    writeFileSync(Buffer.concat([Buffer.from(`${directory.root}/`), Buffer.from([0x66, 0xff, 0xe9])]), 'x')
    writeFileSync(join(directory.root, 'caf\u00e9 \u202etxt.exe'), 'x')
    const page = await pageOf('/')
    expect(page).not.toMatch(/<script|"onclick|\n"?line|\u202e/)
    expect(page).toContain('<bdi>&lt;script&gt;alert(1)&lt;\u2215script&gt;</bdi>')
    expect(page).toContain('<bdi>new\u240aline</bdi>')
    expect(page).toContain('<bdi>caf\u00e9 \ufffdtxt.exe</bdi>')
    const handler = filesHandler(directory.root)
    expect(hrefs(page).length).toBe(names.length + 2)
    for (const href of hrefs(page)) {
      expect(href).toMatch(/^[A-Za-z0-9\-._~%]+$/)
      expect([href, await askFiles(handler, `/${href}`)]).toEqual([href, '200 x'])
    }
  })

  it('names the directory, also one with a hostile name, and leads up', async () => {
    directory.write('d <b>/e/f', 'x')
    const path = normalizePath('/d%20%3Cb%3E/e/')
    const page = await pageOf(path.kind === 'ok' ? path.path : '')
    expect(page).toContain('<title>Index of /d &lt;b&gt;/e/</title>')
    expect(page).toContain(
      '<h1>Index of <a href="../../">/</a><a href="../"><bdi>d &lt;b&gt;</bdi></a>/<bdi>e</bdi>/</h1>',
    )
    expect(page).toContain('<a href="../">../</a>')
    expect(await pageOf('/')).not.toContain('<a href="../">')
  })

  it('hides what a request for it would not get', async () => {
    directory.write('.env', 'x')
    directory.write('a\\b', 'x')
    directory.write('seen', 'x')
    execFileSync('mkfifo', [join(directory.root, 'pipe')])
    const link = (target: string, name: string) => symlinkSync(target, join(directory.root, name))
    link('../secret.txt', 'out')
    link('nowhere', 'broken')
    link('/dev/zero', 'device')
    link('seen', 'inside')
    link('..', 'up')
    expect(hrefs(await pageOf('/'))).toEqual(['inside', 'seen'])
    expect(hrefs(await pageOf('/', '', { symlinks: 'none' }))).toEqual(['seen'])
    expect(hrefs(await pageOf('/', '', { symlinks: 'any' }))).toEqual(['up/', 'inside', 'out', 'seen'])
    expect(hrefs(await pageOf('/', '', { dotfiles: true }))).toEqual(['.env', 'inside', 'seen'])
  })

  it('never shows a directory that may not be served', async () => {
    directory.write('.git/config', 'x')
    symlinkSync('..', join(directory.root, 'up'))
    mkdirSync(join(directory.root, 'd'))
    symlinkSync('d', join(directory.root, 'same'))
    await expect(pageOf('/.git/')).rejects.toThrow('404')
    await expect(pageOf('/up/')).rejects.toThrow('404')
    await expect(pageOf('/up')).rejects.toThrow('404')
    await expect(pageOf('/same/', '', { symlinks: 'none' })).rejects.toThrow('404')
    expect(await pageOf('/same/')).toContain('There is nothing here.')
    await expect(pageOf('/none/')).rejects.toThrow('passed')
  })

  it('comes after an index and before the fallback, and its slash is added', async () => {
    directory.write('with/index.html', 'the index')
    directory.write('without/a', 'x')
    directory.write('app.html', 'app')
    const handler = filesHandler(directory.root, { listing: true, fallback: '/app.html' })
    expect(await askFiles(handler, '/with/')).toBe('200 the index')
    expect(await askFiles(handler, '/without')).toBe('301')
    expect(await askFiles(handler, '/without/')).toContain('Index of')
    expect(await askFiles(handler, '/none/')).toBe('200 app')
    expect(await askFiles(filesHandler(directory.root), '/without/')).toBe('passed')
  })

  it('shows a bounded number of entries and says so', async () => {
    for (let i = 0; i < maxEntries + 5; i++) directory.write(`f${i}`, '')
    const page = await pageOf('/')
    expect(hrefs(page).length).toBe(maxEntries)
    expect(page).toContain(`these are ${maxEntries} of them`)
  }, 20_000)

  it('may run nothing and is asked for anew each time', async () => {
    const handler = filesHandler(directory.root, { listing: true })
    const outcome = await startFiles(handler, { path: '/' }).outcome
    const fields = outcome.kind === 'answer' ? outcome.answer.fields : []
    expect(firstField(fields, 'content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(firstField(fields, 'cache-control')).toBe('no-cache')
  })
})
