// Several files as one configuration: applications, services and mounts by name, sites one after the other. What stands in two
// files under one name is a problem of the second; a path of the whole leads back to the file that it stands in.

import type { SettingPath } from '../schema/path.ts'
import { formatPath } from '../schema/path.ts'
import type { Problem } from '../schema/problem.ts'
import type { Part } from './include.ts'
import type { WrittenFile } from './schema.ts'
import type { Source } from './source.ts'
import type { Written } from './written.ts'

interface Merged {
  readonly source: Source
  readonly written: Written
}

const named = ['applications', 'services', 'mounts'] as const
const kinds = { applications: 'application', services: 'service', mounts: 'mount' }
const hints = {
  applications: 'Rename or remove one of the two',
  services: 'Rename or remove one of the two',
  mounts: 'Write one mount with a list of targets; they are tried in order',
}

type Table = Readonly<Record<string, unknown>>

/** The first part is the file that was named; a single one is left as it is. */
export function mergeParts(parts: readonly [Part, ...Part[]]): Merged {
  const [first] = parts
  if (parts.length === 1) return first
  const problems = parts.flatMap(({ written }) => written.problems)
  const raw: Record<string, unknown> = { ...tableOf(first.source.value) }
  const file: Record<string, unknown> = { ...first.written.file }
  const owners = new Map<string, Source>()
  for (const section of named) {
    const merged = mergeNamed(section, parts, owners, problems)
    Object.assign(raw, { [section]: merged.raw })
    Object.assign(file, { [section]: merged.written })
  }
  const sites = parts.flatMap(({ source, written }) =>
    (written.file?.sites ?? []).map((site, index) => ({ source, site, index })),
  )
  const rawSites = sites.map(({ source, index }) => tableOf(tableOf(source.value).sites)[index])
  const locate = (path: SettingPath): { readonly source: Source; readonly path: SettingPath } => {
    const [section, key, ...rest] = path
    if (section === 'sites') {
      const owner = sites[Number(key)]
      return owner === undefined
        ? { source: first.source, path }
        : { source: owner.source, path: ['sites', owner.index, ...rest] }
    }
    return { source: owners.get(formatPath(path.slice(0, 2))) ?? first.source, path }
  }
  const source: Source = {
    ...first.source,
    files: parts.flatMap(({ source }) => source.files),
    value: { ...raw, sites: rawSites },
    position: (path, at) => {
      const own = locate(path)
      return own.source.position(own.path, at)
    },
    where: (path) => {
      const own = locate(path)
      return own.source.where(own.path)
    },
    part: (path) => {
      const own = locate(path)
      return own.source.part(own.path)
    },
  }
  const partial = problems.length > 0 || parts.some(({ written }) => written.partial)
  // The sections are those of the files, which the schema has read.
  const whole = { ...file, sites: sites.map(({ site }) => site) } as WrittenFile
  const unread = parts.some(({ written }) => written.unread === true)
  return { source, written: { file: whole, partial, unread, problems } }
}

function mergeNamed(
  section: (typeof named)[number],
  parts: readonly Part[],
  owners: Map<string, Source>,
  problems: Problem[],
): { readonly raw: Table; readonly written: Table } {
  const raw = new Map<string, unknown>()
  const all = new Map<string, unknown>()
  for (const { source, written } of parts) {
    const values = tableOf(written.file?.[section])
    for (const [name, value] of Object.entries(tableOf(tableOf(source.value)[section]))) {
      const path = [section, name]
      const owner = owners.get(formatPath(path))
      if (owner === undefined) {
        owners.set(formatPath(path), source)
        raw.set(name, value)
        if (Object.hasOwn(values, name)) all.set(name, values[name])
      } else {
        const message = `the ${kinds[section]} "${name}" stands in ${owner.where(path)} as well`
        const at = source.position(path, 'key')
        problems.push({ ...at, severity: 'error', setting: formatPath(path), message, hint: hints[section] })
      }
    }
  }
  return { raw: Object.fromEntries(raw), written: Object.fromEntries(all) }
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null ? (value as Table) : {}
}
