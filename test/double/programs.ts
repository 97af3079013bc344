// FastCGI programs for tests: compiled, or of Debian.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('../app/programs/', import.meta.url))

/** False where a program of libfcgi cannot be compiled. */
export const hasFcgi = existsSync('/usr/include/fcgiapp.h') && existsSync('/usr/bin/gcc')
export const phpCgi = '/usr/bin/php-cgi'
export const hasPhp = existsSync(phpCgi)
export const perl = '/usr/bin/perl'
/** False where Perl has no module FCGI. */
export const hasPerlFcgi = answers(perl, '-MFCGI', '-e', '1')

function answers(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

export function source(name: string): string {
  return join(sources, name)
}

/** The path of the compiled responder of libfcgi, in a directory that everybody may enter. */
export class Compiled {
  readonly directory = mkdtempSync(join(tmpdir(), 'portico-programs-'))
  readonly responder = join(this.directory, 'responder')

  constructor() {
    execFileSync('/usr/bin/chmod', ['0755', this.directory])
    execFileSync('/usr/bin/gcc', ['-O1', '-o', this.responder, source('responder.c'), '-lfcgi'], {
      timeout: 60_000,
    })
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
