// The page of the tour says what is in this version, and its examples are configurations.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { load } from '../../src/config/load.ts'
import { readSurroundings } from '../../src/config/surroundings.ts'

const page = readFileSync(join(import.meta.dirname, '../../examples/tour/public/index.html'), 'utf8')

/** What stands before each badge of a kind, in its row, cell, heading or sentence. */
function marked(kind: 'works' | 'later'): string[] {
  const badge = new RegExp(`([^<>;:]+)(?:</a>|</code>)?(?:<br>)? ?<span class="badge ${kind}">`, 'g')
  return [...page.matchAll(badge)].map((match) => (match[1] ?? '').trim()).filter((text) => text !== '')
}

it('calls "not yet" only what is not in this version', () => {
  const later = marked('later')
  expect(later).toContain('uvicorn, Node.js')
  expect(later.filter((text) => !/(^uvicorn, Node\.js|reverse proxy)$/i.test(text))).toEqual([])
})

it('says of the wires to others that they work', () => {
  expect(marked('works')).toEqual(
    expect.arrayContaining(['php-fpm, flup', 'an SCGI program', 'an existing uWSGI', 'SCGI, uwsgi']),
  )
  expect(page).toMatch(/<h2>FastCGI <span class="badge runs">/)
})

it('shows mounts of FastCGI, SCGI and uwsgi that are valid', () => {
  const shown = [...page.matchAll(/<pre><code>(mounts:\n[^<]*(?:fastcgi|scgi|uwsgi)[^<]*)<\/code>/g)]
  expect(shown).toHaveLength(2)
  const directory = mkdtempSync(join(tmpdir(), 'portico-tour-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'wiki'))
  writeFileSync(join(directory, 'feed.fcgi'), '#!/bin/sh\n', { mode: 0o755 })
  for (const [, text = ''] of shown) {
    const path = join(directory, 'portico.yaml')
    writeFileSync(path, text.replaceAll('/srv/', `${directory}/`))
    const loaded = load({ kind: 'file', path }, {}, readSurroundings())
    expect(loaded.kind === 'bad' ? loaded.problems : []).toEqual([])
  }
})
