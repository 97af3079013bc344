// The mounts of a Django project: static files and media in front of the application, as its settings say.
// Pure but for looking whether the directories exist.

import type { DetectedTarget } from './detection.ts'
import { isDirectory, namesIn, spellPath } from './directory.ts'

/** What django_probe.py prints. */
export interface DjangoReport {
  readonly problem?: 'no-django' | 'settings'
  readonly message?: string
  readonly traceback?: string
  readonly django?: string
  readonly debug?: boolean
  readonly wsgi_application?: string | null
  readonly static_url?: string | null
  readonly static_root?: string | null
  readonly media_url?: string | null
  readonly media_root?: string | null
  /** What the staticfiles finders search, only with DEBUG. */
  readonly finders?: readonly { readonly prefix: string; readonly path: string }[]
}

interface DjangoMounts {
  readonly steps: readonly string[]
  readonly mounts: Readonly<Record<string, readonly DetectedTarget[] | DetectedTarget>>
}

export function mountDjango(directory: string, application: string, report: DjangoReport): DjangoMounts {
  const steps: string[] = []
  const files = new Map<string, FilesOf[]>()
  const add: Add = (prefix, path, symlinks) => {
    const known = files.get(prefix) ?? []
    if (!known.some((one) => one.path === path)) files.set(prefix, [...known, { path, symlinks }])
  }
  addStatic(report, add, steps)
  addMedia(report, add, steps)
  const entries = [...files].map(([prefix, directories]) => {
    steps.push(`${prefix}: files in ${directories.map(({ path }) => spellPath(directory, path)).join(', ')}`)
    const targets = directories.map(({ path, symlinks }) => ({
      files: spellPath(directory, path),
      ...(symlinks === 'any' ? { symlinks } : {}),
    }))
    return [prefix, targets.length === 1 && targets[0] ? targets[0] : targets] as const
  })
  return { steps, mounts: { ...Object.fromEntries(entries), '/': application } }
}

interface FilesOf {
  readonly path: string
  /** Static files are the developers' own and are often links (collectstatic --link, Debian's packages); uploads are not. */
  readonly symlinks: 'any' | 'inside'
}

type Add = (prefix: string, path: string, symlinks: FilesOf['symlinks']) => void

function addStatic(report: DjangoReport, add: Add, steps: string[]): void {
  const prefix = prefixOf(report.static_url, 'STATIC_URL', steps)
  if (prefix === undefined) return
  const root = report.static_root
  const collected = root ? namesIn(root).length > 0 : false
  if (root && collected) add(prefix, root, 'any')
  for (const finder of report.finders ?? []) {
    if (!isDirectory(finder.path))
      steps.push(`STATICFILES_DIRS names ${finder.path}, which does not exist: left out`)
    else add(finder.prefix === '' ? prefix : `${prefix}/${finder.prefix}`, finder.path, 'any')
  }
  if (collected || report.debug === true) {
    if (report.debug === true)
      steps.push('DEBUG is on: static files are taken from the apps as well, without collectstatic')
    return
  }
  steps.push(
    root
      ? `STATIC_ROOT ${root} is empty: run "python manage.py collectstatic" to have static files served`
      : 'STATIC_ROOT is not set and DEBUG is off: no static files are served',
  )
}

function addMedia(report: DjangoReport, add: Add, steps: string[]): void {
  const root = report.media_root
  if (!root) return
  const prefix = prefixOf(report.media_url, 'MEDIA_URL', steps)
  if (prefix === undefined) return
  if (isDirectory(root)) add(prefix, root, 'inside')
  else steps.push(`MEDIA_ROOT ${root} does not exist: left out until it does and Portico starts again`)
}

/** '/static/' is '/static'; undefined, with a line about it, when Portico has nothing to mount. */
function prefixOf(url: string | null | undefined, setting: string, steps: string[]): string | undefined {
  if (!url) return undefined
  if (/^([a-z]+:)?\/\//i.test(url)) {
    steps.push(`${setting} is "${url}": another server has these files`)
    return undefined
  }
  const prefix = `/${url.replace(/^\/+|\/+$/g, '')}`
  if (prefix !== '/') return prefix
  steps.push(`${setting} is "/", where the application is: its files are left to the application`)
  return undefined
}
