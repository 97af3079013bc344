// What a hostile request, or a hostile file system, must not get out of the files handler.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askFiles, filesHandler } from '../../../test/double/ask-files.ts'
import { MemoryLog } from '../../../test/double/log.ts'
import { ServedDirectory, secret } from '../../../test/double/served-directory.ts'
import type { FilesHandler, FilesOptions } from './files.ts'
import { openFailure } from './open-file.ts'
import type { SymlinkRule } from './root.ts'

let directory: ServedDirectory
let log: MemoryLog
beforeEach(() => {
  directory = new ServedDirectory()
  log = new MemoryLog()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

const rules: readonly SymlinkRule[] = ['inside', 'any', 'none']

function handlerFor(options: Partial<FilesOptions> = {}): FilesHandler {
  return filesHandler(directory.root, options, log)
}

function ask(rawPath: string, options: Partial<FilesOptions> = {}): Promise<string> {
  return askFiles(handlerFor(options), rawPath)
}

function link(target: string, name: string): void {
  symlinkSync(target, join(directory.root, name))
}

describe('FilesHandler against traversal', () => {
  const disguises = [
    ...[
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/%2e%2e%2fsecret.txt',
      '/..%2fsecret.txt',
      '/.%2e/secret.txt',
    ],
    ...[
      '/%252e%252e/secret.txt',
      '/%252e%252e%252fsecret.txt',
      '/%%32%65%%32%65/secret.txt',
      '/..%00/secret.txt',
    ],
    ...['/..;/secret.txt', '/..%3b/secret.txt', '/..\\secret.txt', '/..%5csecret.txt', '/%5c..%5csecret.txt'],
    ...['/%c0%ae%c0%ae/secret.txt', '/%c0%ae%c0%ae%c0%afsecret.txt', '/%e0%80%ae%e0%80%ae/secret.txt'],
    ...['/%uff0e%uff0e/secret.txt', '/..%u2215secret.txt', '/d/../../secret.txt', '/d//../../secret.txt'],
    ...['//../secret.txt', '/./.././secret.txt', '/a.txt/../../secret.txt', '/d/..%2f..%2fsecret.txt'],
    ...['/....//secret.txt', '/.../secret.txt', '/%2e%2e//secret.txt', '/d/%2e%2e/%2e%2e/secret.txt'],
  ]

  it('never leaves the root, whatever the disguise', async () => {
    directory.write('a.txt', 'a')
    directory.write('d/b.txt', 'b')
    for (const raw of disguises) {
      for (const symlinks of rules) {
        expect([raw, await ask(raw, { symlinks, dotfiles: true })]).not.toEqual([
          raw,
          expect.stringContaining('200'),
        ])
        expect([raw, await ask(raw, { symlinks })]).not.toEqual([raw, expect.stringContaining('200')])
      }
    }
    expect(await ask('/d/../a.txt')).toBe('200 a')
  })

  it('never leaves the root for anything made of the pieces of attacks', async () => {
    directory.write('d/index.html', 'x')
    link('../secret.txt', 'out')
    link('..', 'd/up')
    const pieces = fc.constantFrom(
      ...[
        '/',
        '//',
        '..',
        '.',
        '%2e',
        '%2E%2e',
        '%252e',
        '\\',
        '%5c',
        ';',
        '%c0%ae',
        '%c0%af',
        '/secret.txt',
        'd',
        'up',
      ],
      ...['out', '/d/up/', '/..', '%00', '\n', '%20', '~', 'secret.txt'],
    )
    const raw = fc.array(pieces, { minLength: 1, maxLength: 9 }).map((list) => `/${list.join('')}`)
    const handlers = [
      handlerFor(),
      handlerFor({ dotfiles: true }),
      handlerFor({ symlinks: 'none', dotfiles: true }),
    ]
    await fc.assert(
      fc.asyncProperty(raw, async (path) => {
        for (const handler of handlers) expect(await askFiles(handler, path)).not.toContain(secret)
      }),
      { numRuns: 400 },
    )
  })
})

describe('FilesHandler against what is not a regular file', () => {
  it('refuses a FIFO without waiting for its writer', async () => {
    execFileSync('mkfifo', [join(directory.root, 'pipe')])
    for (const symlinks of rules) expect(await ask('/pipe', { symlinks })).toBe('404')
  })

  it('refuses devices, also behind a symlink', async () => {
    link('/dev/zero', 'zero')
    link('/dev', 'dev')
    for (const symlinks of rules) {
      expect([await ask('/zero', { symlinks }), await ask('/dev/zero', { symlinks })]).toEqual(['404', '404'])
    }
  })

  it('refuses a unix socket', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(directory.root, 'sock'), resolve))
    expect(await ask('/sock')).toBe('404')
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('FilesHandler and names', () => {
  it('refuses dotfiles with 404 whether they exist or not, and serves .well-known', async () => {
    directory.write('.env', secret)
    directory.write('.git/config', secret)
    directory.write('.well-known/acme-challenge/token', 'token')
    for (const path of ['/.env', '/.git/config', '/.git/', '/.git', '/%2eenv', '/.none', '/x/.none']) {
      expect([path, await ask(path)]).toEqual([path, '404'])
    }
    expect(await ask('/.well-known/acme-challenge/token')).toBe('200 token')
    expect(await ask('/.env', { dotfiles: true })).toBe(`200 ${secret}`)
  })

  it('serves names that are not UTF-8, hold a newline, or look like an escape', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${directory.root}/`),
      Buffer.from([0x66, 0xff, 0xe9, 0x2e, 0x74, 0x78, 0x74]),
    ])
    writeFileSync(bytes, 'bytes')
    directory.write('new\nline', 'newline')
    directory.write('%2e%2e', 'escape')
    directory.write('caf\u00e9.txt', 'utf8')
    for (const symlinks of rules) {
      expect(await ask('/f%ff%e9.txt', { symlinks })).toBe('200 bytes')
      expect(await ask('/new%0Aline', { symlinks })).toBe('200 newline')
      expect(await ask('/%252e%252e', { symlinks })).toBe('200 escape')
      expect(await ask('/caf%C3%A9.txt', { symlinks })).toBe('200 utf8')
    }
    expect(await ask('/caf%E9.txt')).toBe('passed')
  })

  it('serves a root whose own name is not ASCII', async () => {
    const root = join(directory.top, 'w\u00fcrzel')
    mkdirSync(root)
    writeFileSync(join(root, 'a'), 'a')
    symlinkSync('../secret.txt', join(root, 'out'))
    for (const symlinks of ['inside', 'none'] as const) {
      expect([await ask('/a', { root, symlinks }), await ask('/out', { root, symlinks })]).toEqual([
        '200 a',
        '404',
      ])
    }
  })

  it('refuses a backslash even where a file has that name', async () => {
    directory.write('a\\b', 'x')
    expect([await ask('/a\\b'), await ask('/a%5cb')]).toEqual(['404', '404'])
  })

  it('treats a file with a slash after its name as missing', async () => {
    directory.write('page.php', '<?php')
    expect([await ask('/page.php/'), await ask('/page.php/x'), await ask('/page.php/.')]).toEqual(
      Array(3).fill('passed'),
    )
  })
})

describe('FilesHandler and permissions', () => {
  /** Root may read everything, so the question is asked as nobody. */
  async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
    const user = process.geteuid?.()
    if (user !== 0) return work()
    process.seteuid?.(65534)
    try {
      return await work()
    } finally {
      process.seteuid?.(0)
    }
  }

  it('answers 403 for what it may not read and does not pass it on', async () => {
    chmodSync(directory.write('private.txt', secret), 0)
    directory.write('closed/a.txt', secret)
    chmodSync(join(directory.root, 'closed'), 0)
    directory.write('enter/index.html', 'index')
    chmodSync(join(directory.root, 'enter'), 0o711)
    chmodSync(directory.top, 0o755)
    const paths = ['/private.txt', '/closed/a.txt', '/closed/', '/enter/', '/enter']
    const seen = await asOrdinaryUser(() => Promise.all(paths.map((path) => ask(path))))
    chmodSync(join(directory.root, 'closed'), 0o755)
    expect(seen).toEqual(['403', '403', '403', '200 index', '301'])
    expect(log.events.find((e) => e.facts.path === '/private.txt')?.facts.status).toBe(403)
  })

  it('keeps every other error of the file system apart from a missing file', () => {
    const kinds = [
      'ENOENT',
      'ENOTDIR',
      'ENAMETOOLONG',
      'EACCES',
      'EPERM',
      'ELOOP',
      'ENXIO',
      'EMFILE',
      'EIO',
    ].map((code) => {
      const opened = openFailure('/a', Object.assign(new Error(code), { code }))
      return opened.kind === 'refused' ? opened.status : opened.kind
    })
    expect(kinds).toEqual(['missing', 'missing', 'missing', 403, 403, 404, 404, 'failed', 'failed'])
  })

  it('survives a file that vanishes and comes back under its requests', async () => {
    const path = directory.write('a.txt', 'a')
    for (let i = 0; i < 100; i++) {
      const asked = ask('/a.txt', { symlinks: 'none' })
      await new Promise((resolve) => setImmediate(resolve))
      rmSync(path)
      expect(['200 a', 'passed']).toContain(await asked)
      directory.write('a.txt', 'a')
    }
  })
})
