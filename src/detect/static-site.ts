// Plain files: public/ (also in front of an application) or an index.html. A directory with scripts in it is
// refused, because their source would be sent to everybody.

import { join } from 'node:path'
import type { Detection, DetectionResult } from './detection.ts'
import { findScript, isDirectory, isFile, spellPath } from './directory.ts'

/** Undefined when there is neither public/ nor index.html. */
export function detectStaticSite(directory: string): DetectionResult | undefined {
  const root = isDirectory(directory, 'public') ? 'public' : isFile(directory, 'index.html') ? '.' : undefined
  if (root === undefined) return undefined
  const script = findScript(join(directory, root))
  if (script !== undefined) {
    const message = `${spellPath(directory, script)} holds code to be run, and CGI and PHP are not in this version of Portico yet`
    const hint =
      'Nothing is served, for its source would be sent as a file; name a directory without scripts in a portico.yaml'
    return { kind: 'failed', message, hint, details: '' }
  }
  const steps =
    root === 'public'
      ? ['static site: the files in public/']
      : [
          'static site: index.html found; every file in this directory is served, but those that start with a dot',
        ]
  return {
    kind: 'found',
    detection: { kind: 'static', steps, configuration: { mounts: { '/': { files: root } } } },
  }
}

/** The same detection with the files of public/ in front of the application. */
export function withPublic(directory: string, detection: Detection): Detection {
  const { configuration, steps } = detection
  const main = configuration.mounts['/']
  if (detection.kind === 'static' || typeof main !== 'string' || !isDirectory(directory, 'public'))
    return detection
  const script = findScript(join(directory, 'public'))
  if (script !== undefined) {
    const step = `public/ is left out: ${spellPath(directory, script)} holds code to be run, which this version of Portico would send as a file`
    return { ...detection, steps: [...steps, step] }
  }
  const mounts = { ...configuration.mounts, '/': [{ files: 'public' }, main] }
  return {
    ...detection,
    steps: [...steps, '/: files in public/ first, then the application'],
    configuration: { ...configuration, mounts },
  }
}
