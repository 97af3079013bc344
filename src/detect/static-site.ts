// Plain files: public/ (also in front of an application) or an index.html. A directory with scripts in it is
// refused, because their source would be sent to everybody.

import { join } from 'node:path'
import type { Detection, DetectionResult } from './detection.ts'
import { findScript, hasCgi, isDirectory, isFile, spellPath } from './directory.ts'

/** Undefined when there is neither public/ nor index.html. */
export function detectStaticSite(directory: string): DetectionResult | undefined {
  const root = isDirectory(directory, 'public') ? 'public' : isFile(directory, 'index.html') ? '.' : undefined
  if (root === undefined) return undefined
  const script = findScript(join(directory, root), join(directory, 'cgi-bin'))
  if (script !== undefined) {
    const message = `${spellPath(directory, script)} holds code to be run, which cannot be guessed how`
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
  const scripts = hasCgi(join(directory, root), join(directory, 'cgi-bin'))
  const target = scripts ? { files: root, scripts: ['.cgi'] } : { files: root }
  const more = scripts ? ['files that end in .cgi are CGI scripts'] : []
  return {
    kind: 'found',
    detection: { kind: 'static', steps: [...steps, ...more], configuration: { mounts: { '/': target } } },
  }
}

/** The same with the scripts of cgi-bin/ at /cgi-bin; on its own where nothing else was found. */
export function withCgiBin(directory: string, detection: Detection | undefined): Detection | undefined {
  if (!isDirectory(directory, 'cgi-bin')) return detection
  const step = '/cgi-bin: the CGI scripts in cgi-bin/'
  const mounts = { ...detection?.configuration.mounts, '/cgi-bin': { cgi: 'cgi-bin' } }
  return {
    kind: detection?.kind ?? 'cgi',
    steps: [...(detection?.steps ?? []), step],
    configuration: { ...detection?.configuration, mounts },
  }
}

/** The same detection with the files of public/ in front of the application. */
export function withPublic(directory: string, detection: Detection): Detection {
  const { configuration, steps } = detection
  const main = configuration.mounts['/']
  if (detection.kind === 'static' || typeof main !== 'string' || !isDirectory(directory, 'public'))
    return detection
  const script = findScript(join(directory, 'public'))
  if (script !== undefined || hasCgi(join(directory, 'public'))) {
    const what = script === undefined ? 'it' : spellPath(directory, script)
    const step = `public/ is left out: ${what} holds code to be run, which would be sent as a file; say in a portico.yaml what it is`
    return { ...detection, steps: [...steps, step] }
  }
  const mounts = { ...configuration.mounts, '/': [{ files: 'public' }, main] }
  return {
    ...detection,
    steps: [...steps, '/: files in public/ first, then the application'],
    configuration: { ...configuration, mounts },
  }
}
