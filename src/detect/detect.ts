// What is in this directory? Django, a WSGI application, PHP, a static site: the first that is found is served.
// A portico.yaml is the caller's business; it always wins.

import { realpathSync } from 'node:fs'
import type { DetectionResult, Environment } from './detection.ts'
import { isDirectory, isFile, namesIn } from './directory.ts'
import { detectDjango } from './django.ts'
import { nobodyElse, type Owner } from './owner.ts'
import { detectPhp } from './php.ts'
import { detectPythonFiles, usualFiles } from './python-files.ts'
import { detectStaticSite, withCgiBin, withPublic } from './static-site.ts'

/**
 * Looks at a directory. Runs the project's interpreter, but none of its code except Django's settings; both as its
 * owner, when there is one to become.
 */
export async function detect(
  directory: string,
  environment: Environment = process.env,
  owner: Owner = nobodyElse,
): Promise<DetectionResult> {
  if (!isDirectory(directory)) {
    return { kind: 'nothing', message: `the directory "${directory}" does not exist` }
  }
  const real = realpathSync(directory)
  const result =
    (await detectDjango(real, environment, owner.identity)) ??
    (await detectPythonFiles(real, environment, owner.identity)) ??
    detectPhp(real, environment, owner.identity) ??
    detectStaticSite(real)
  if (result !== undefined && result.kind !== 'found') return result
  const found = withCgiBin(real, result === undefined ? undefined : withPublic(real, result.detection))
  if (found === undefined) return { kind: 'nothing', message: nothingIn(real) }
  const { steps, configuration, ...detection } = found
  return {
    kind: 'found',
    detection: {
      ...detection,
      steps: [...steps, ...owner.steps],
      configuration: { ...owner.configuration, ...configuration },
    },
  }
}

function nothingIn(directory: string): string {
  const deeper = namesIn(directory).filter(
    (name) => isFile(directory, name, 'manage.py') || isFile(directory, name, 'portico.yaml'),
  )
  return [
    `nothing to serve found in ${directory}`,
    '  Looked for portico.yaml; manage.py (Django);',
    `  an application in ${usualFiles.join(', ')};`,
    '  Flask or CherryPy in other *.py files and packages; index.php (PHP); public/ or index.html (static site);',
    '  cgi-bin/',
    ...deeper.map((name) => `  There is a project in ${name}/: portico serve ${name}`),
    '  Name the application with "portico serve module:callable", or write a portico.yaml',
  ].join('\n')
}
