// PHP: an index.php, run by the php-cgi of the machine, which Portico starts and keeps. Applications with a front controller
// are known by what lies beside it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import { onPath } from '../process/service/program.ts'
import type { DetectionResult, Environment } from './detection.ts'
import { isFile, namesIn } from './directory.ts'

const processes = { min: 1, max: 4 }

/** Undefined when there is no index.php, neither here nor in public/. */
export function detectPhp(
  directory: string,
  environment: Environment,
  identity: Identity | null,
): DetectionResult | undefined {
  const root = isFile(directory, 'public', 'index.php')
    ? 'public'
    : isFile(directory, 'index.php')
      ? '.'
      : undefined
  if (root === undefined) return undefined
  const shown = root === '.' ? 'index.php' : 'public/index.php'
  const program = phpCgi(environment, identity)
  if (program === undefined) {
    const message = `${shown} found, but no PHP that could run it`
    const hint =
      'Install php-cgi (Debian: apt-get install php-cgi), or name the socket of php-fpm in a portico.yaml: mounts: { /: { fastcgi: "unix:/run/php/php-fpm.sock", root: . } }'
    return { kind: 'failed', message, hint, details: '' }
  }
  const why = frontIn(directory, root)
  const front = why === undefined ? {} : { front: '/index.php' }
  const steps = [
    `PHP: ${shown} found; ${program} runs what ends in .php, the other files are sent as they are`,
    why === undefined
      ? 'what does not exist is 404; for an application with a front script write front: /index.php in a portico.yaml'
      : `index.php answers for what does not exist: ${why}`,
  ]
  const target = { fastcgi: { command: [program], processes }, root, ...front }
  return { kind: 'found', detection: { kind: 'php', steps, configuration: { mounts: { '/': target } } } }
}

/** `php-cgi`, or the newest one that has its version in its name. */
function phpCgi(environment: Environment, identity: Identity | null): string | undefined {
  const path = environment.PATH ?? ''
  const named = path.split(':').flatMap((place) => namesIn(place).filter((name) => /^php-cgi\d/.test(name)))
  const newest = [...new Set(named)].toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return ['php-cgi', ...newest].map((name) => onPath(name, path, identity)).find((one) => one !== undefined)
}

/** What says that index.php is a front controller; undefined when nothing does. */
function frontIn(directory: string, root: string): string | undefined {
  if (root === 'public') return 'it lies in public/, as in Laravel and Symfony'
  if (isFile(directory, 'wp-load.php')) return 'this is WordPress'
  if (/^\s*(RewriteRule|FallbackResource)\b.*\bindex\.php\b/im.test(text(join(directory, '.htaccess'))))
    return '.htaccess says so'
  return undefined
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
