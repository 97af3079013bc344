// The configurations that README.md and docs show are loaded as they stand there.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { load } from '../../src/config/load.ts'
import { readSurroundings } from '../../src/config/surroundings.ts'

const root = join(import.meta.dirname, '../..')
/** Of all examples of a document; interpreters and users are asked for each. */
const loadMs = 30_000

/** Read by root on a machine that has the users and groups which the documents name. */
const surroundings = {
  ...readSurroundings(),
  uid: 0,
  users: {
    lines: (table: 'passwd' | 'group') => [table === 'passwd' ? 'u:x:33:33::/:/bin/sh' : 'g:x:33:'],
    groups: () => [],
  },
  // Whoever runs the test may look at its files.
  identity: (name: string) => {
    const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()]
    return { kind: 'ok' as const, identity: { name, uid, gid, groups: [gid], home: '/' } }
  },
}

function examples(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
}

it.each(['README.md', 'docs/configuration.md', 'docs/applications.md', 'docs/cgi.md', 'docs/gateways.md'])(
  'every configuration in %s is valid',
  (document) => {
    const found = examples(document)
    expect(found.length).toBeGreaterThan(0)
    for (const text of found) {
      const directory = mkdtempSync(join(tmpdir(), 'portico-docs-'))
      onTestFinished(() => rmSync(directory, { recursive: true }))
      for (const name of [
        'public',
        'media',
        'shop',
        'dist/assets',
        'downloads',
        'shop/.venv/bin',
        'cgi-bin',
        'www',
        'wiki',
        'feed',
      ])
        mkdirSync(join(directory, name), { recursive: true })
      for (const name of ['htpasswd', 'closed.html', '404.html', 'broken.html'])
        writeFileSync(join(directory, name), '')
      writeFileSync(join(directory, 'shop/.venv/bin/celery'), '#!/bin/sh\n', { mode: 0o755 })
      for (const name of ['git-http-backend', 'cgi-bin/old.py', 'feed/feed.fcgi', 'php-cgi'])
        writeFileSync(join(directory, name), '#!/bin/sh\n', { mode: 0o755 })
      const path = join(directory, 'portico.yaml')
      // The documents name directories of a server; here those of the test stand for them.
      const here = [
        ['/srv/shop/media', 'media'],
        ['/srv/shop', 'shop'],
        ['/srv/old', '.'],
        ['/srv/www', 'www'],
        ['/srv/wiki', 'wiki'],
        ['/srv/feed', 'feed'],
        ['/usr/lib/git-core/', './'],
        ['/usr/lib/cgi-bin', 'cgi-bin'],
      ] as const
      writeFileSync(
        path,
        here.reduce((written, [there, name]) => written.replaceAll(there, name), text),
      )
      const loaded = load({ kind: 'file', path }, {}, surroundings)
      expect(loaded.kind === 'bad' ? loaded.problems : []).toEqual([])
    }
  },
  loadMs,
)
