// Targets of a mount that no request reaches, because one before them takes everything.

import { normalize } from 'node:path'
import type { Findings } from './findings.ts'
import type { Placed } from './options.ts'
import type { WrittenTarget } from './schema.ts'

/** Warns of the first one. @param placed without what has options only */
export function warnOfUnreached(placed: readonly Placed[], findings: Findings): void {
  for (const [index, { target, at }] of placed.entries()) {
    const files = placed.slice(0, index).find((one) => holdsScripts(one.target, target))
    if (files !== undefined)
      findings.warning(
        files.at,
        'these files hold the scripts of the FastCGI application behind them: asked by name, a script is refused here',
        'Remove them: what lies beside scripts below "root" is served with them',
      )
    const before = placed.slice(0, index).find((one) => takesAll(one.target, target))
    if (before === undefined) continue
    const way = isFiles(target) && !isFiles(before.target)
    findings.warning(
      at,
      `nothing reaches ${called(target)}: ${called(before.target)} before it passes nothing on`,
      way
        ? 'Put it first: files pass on what they do not have'
        : 'Remove it, or mount it at a path of its own',
    )
    return
  }
}

function takesAll(target: WrittenTarget, next: WrittenTarget): boolean {
  if (isScripts(target) || hasRoot(target)) return false
  if (!isFiles(target)) return true
  // Other methods than those of files are passed on in any case.
  return target.pass === false && isFiles(next)
}

/** Scripts are never sent as files, and what is refused is not passed on. */
function holdsScripts(target: WrittenTarget, next: WrittenTarget): boolean {
  if (!isFiles(target) || typeof next !== 'object' || !('fastcgi' in next) || next.root == null) return false
  const plain = (path: string) => normalize(path).replace(/\/+$/, '')
  return plain(target.files) === plain(next.root)
}

function isFiles(target: WrittenTarget): target is Extract<WrittenTarget, { files: string }> {
  return typeof target === 'object' && 'files' in target
}

/** A directory of scripts passes on what it does not have; which of the two it is depends on the disk. */
function isScripts(target: WrittenTarget): boolean {
  return typeof target === 'object' && 'cgi' in target
}

/** As do files with scripts of FastCGI among them, unless a script answers for the rest. */
function hasRoot(target: WrittenTarget): boolean {
  return typeof target === 'object' && 'fastcgi' in target && target.root != null && target.front == null
}

function called(target: WrittenTarget): string {
  if (typeof target === 'string') return `the application "${target}"`
  if ('files' in target) return `the files of "${target.files}"`
  if ('cgi' in target) return `the scripts of "${target.cgi}"`
  if ('redirect' in target) return `the redirect to "${target.redirect}"`
  if ('fastcgi' in target) return 'the FastCGI application'
  if ('scgi' in target) return 'the SCGI application'
  if ('uwsgi' in target) return 'the uwsgi application'
  if ('wsgi' in target) return `the application "${target.wsgi}"`
  return 'application' in target ? `the application "${target.application}"` : 'what follows'
}
