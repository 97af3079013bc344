// CGI programs that are not ours, from Debian, as their documentation sets them up.

import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { launchers, serve } from './scripts.ts'

const run = promisify(execFile)
const MiB = 1024 * 1024
const slow = 90_000

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-programs-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** As somebody with a name and no configuration of their own. */
function git(directory: string, ...words: string[]): Promise<{ stdout: string }> {
  const environment = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
    GIT_TERMINAL_PROMPT: '0',
  }
  return run('git', words, { cwd: directory, env: environment, timeout: 60_000 })
}

/** A bare repository with one commit. */
async function repository(directory: string): Promise<void> {
  mkdirSync(join(directory, 'work'), { recursive: true })
  const work = join(directory, 'work')
  await git(work, 'init', '-q', '-b', 'main')
  writeFileSync(join(work, 'README'), 'the first commit\n')
  await git(work, 'add', '.')
  await git(work, 'commit', '-q', '-m', 'first')
  await git(directory, 'clone', '-q', '--bare', 'work', 'shop.git')
  await git(join(directory, 'shop.git'), 'config', 'http.receivepack', 'true')
}

describe.skipIf(isMissing('git')).each(launchers)('git http-backend, $name', (how) => {
  it('gives a repository, and takes tens of megabytes in chunks', { timeout: slow }, async () => {
    const directory = temporary()
    await repository(directory)
    const server = await serve(how, {
      config: `mounts:\n  /git:\n    cgi: /usr/lib/git-core/git-http-backend\n    environment: { GIT_PROJECT_ROOT: ${directory}, GIT_HTTP_EXPORT_ALL: "1", HOME: ${directory} }\n`,
    })
    const clone = join(directory, 'clone')
    await git(directory, 'clone', '-q', `${server.url}/git/shop.git`, clone)
    expect(readFileSync(join(clone, 'README'), 'utf8')).toBe('the first commit\n')
    writeFileSync(join(clone, 'large'), randomBytes(30 * MiB))
    await git(clone, 'add', '.')
    await git(clone, 'commit', '-q', '-m', 'large')
    // Above http.postBuffer git sends what it has in chunks, compressed.
    await git(clone, '-c', 'http.postBuffer=65536', 'push', '-q', 'origin', 'main')
    const { stdout } = await git(join(directory, 'shop.git'), 'log', '--format=%s', 'main')
    expect(stdout).toBe('large\nfirst\n')
    await git(directory, 'clone', '-q', `${server.url}/git/shop.git`, 'again')
    expect(readFileSync(join(directory, 'again/large')).equals(readFileSync(join(clone, 'large')))).toBe(true)
  })
})

describe.skipIf(isMissing('cgit'))('cgit', () => {
  it('shows a repository at any depth of its path', async () => {
    const directory = temporary()
    await repository(directory)
    writeFileSync(
      join(directory, 'cgitrc'),
      `virtual-root=/cgit\ncss=/css\nrepo.url=shop\nrepo.path=${directory}/shop.git\n`,
    )
    const server = await startPortico({
      config: `mounts:\n  /cgit: { cgi: /usr/lib/cgit/cgit.cgi, environment: { CGIT_CONFIG: ${directory}/cgitrc, HOME: ${directory} } }\n`,
    })
    const list = await fetch(`${server.url}/cgit/`)
    expect([list.status, await list.text()]).toEqual([200, expect.stringContaining("href='/cgit/shop/'")])
    const log = await fetch(`${server.url}/cgit/shop/log/?h=main`)
    expect(await log.text()).toContain('first')
    const plain = await fetch(`${server.url}/cgit/shop/plain/README`)
    expect([plain.headers.get('content-type'), await plain.text()]).toEqual([
      expect.stringMatching(/^text\/plain/),
      'the first commit\n',
    ])
  })
})

const upload = `#!/usr/bin/perl
use strict; use warnings; use CGI; use Digest::SHA qw(sha256_hex);
my $q = CGI->new;
my $handle = $q->upload('crate') or die 'no file';
local $/; my $content = <$handle>;
print $q->header(-type => 'text/plain', -cookie => $q->cookie(-name => 'seen', -value => 'yes'));
print join ' ', $q->param('name'), $q->param('crate'), length $content, sha256_hex($content);
`

describe.skipIf(isMissing('libcgi-pm-perl')).each(launchers)('a script of CGI.pm, $name', (how) => {
  it('takes the file of a form', async () => {
    const server = await serve(how, {
      config: 'mounts:\n  /cgi-bin: { cgi: bin }\n',
      files: { 'bin/upload.pl': upload },
    })
    const form = new FormData()
    const content = randomBytes(3 * MiB)
    form.set('name', 'pears')
    form.set('crate', new Blob([content]), 'crate.bin')
    const answer = await fetch(`${server.url}/cgi-bin/upload.pl`, { method: 'POST', body: form })
    const hash = await crypto.subtle.digest('SHA-256', content)
    const hex = Buffer.from(hash).toString('hex')
    expect(answer.headers.get('set-cookie')).toMatch(/^seen=yes/)
    expect(await answer.text()).toBe(`pears crate.bin ${3 * MiB} ${hex}`)
  })
})

describe.skipIf(isMissing('php-cgi'))('PHP', () => {
  const page = `<?php
session_save_path(getenv('SESSIONS'));
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
header('X-Method: ' . $_SERVER['REQUEST_METHOD']);
echo $_SESSION['visits'], ' ', $_SERVER['PATH_INFO'] ?? '-', ' ', $_POST['a'] ?? '-', ' ', $_SERVER['SCRIPT_NAME'];
`
  it('runs by the first line of a script, with its session', async () => {
    const directory = temporary()
    const server = await startPortico({
      config: `mounts:\n  /php: { cgi: php, environment: { SESSIONS: ${directory} } }\n`,
      files: { 'php/page.php': `#!/usr/bin/php-cgi\n${page}` },
    })
    const first = await fetch(`${server.url}/php/page.php/more`, {
      method: 'POST',
      body: new URLSearchParams({ a: 'b' }),
    })
    expect(await first.text()).toBe('1 /more b /php/page.php')
    expect(first.headers.get('x-method')).toBe('POST')
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
    const second = await fetch(`${server.url}/php/page.php`, { headers: { cookie } })
    expect(await second.text()).toBe('2 - - /php/page.php')
  })

  it('takes no option from a query', async () => {
    const server = await startPortico({
      config: 'mounts:\n  /php: { cgi: php }\n',
      files: { 'php/page.php': '#!/usr/bin/php-cgi\n<?php echo "ran";\n' },
    })
    for (const query of ['-s', '-d+allow_url_include%3d1', '%2ds'])
      expect(await (await fetch(`${server.url}/php/page.php?${query}`)).text()).toBe('ran')
  })
})

describe.skipIf(isMissing('gcc')).each(launchers)('a compiled program, $name', (how) => {
  it('copies its input to its output, both at once', async () => {
    const directory = temporary()
    const source = `#include <stdio.h>
#include <stdlib.h>
int main(void) {
  static char piece[65536]; size_t n;
  printf("Content-Type: application/octet-stream\\r\\nContent-Length: %s\\r\\n\\r\\n", getenv("CONTENT_LENGTH"));
  while ((n = fread(piece, 1, sizeof piece, stdin)) > 0) fwrite(piece, 1, n, stdout);
  return 0;
}
`
    writeFileSync(join(directory, 'copy.c'), source)
    execFileSync('gcc', ['-O1', '-o', join(directory, 'copy'), join(directory, 'copy.c')])
    mkdirSync(join(directory, 'bin'))
    cpSync(join(directory, 'copy'), join(directory, 'bin/copy'))
    chmodSync(join(directory, 'bin/copy'), 0o755)
    const server = await serve(how, { config: `mounts:\n  /bin: { cgi: ${directory}/bin }\n` })
    const body = randomBytes(20 * MiB)
    const answer = await fetch(`${server.url}/bin/copy`, { method: 'POST', body })
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
  })
})
