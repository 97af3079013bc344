// The logs: where they go and what is left out, for the server and for a site with an access log of its own.

import { dirname, resolve } from 'node:path'
import { defaultLog } from './defaults.ts'
import type { LogSettings, SiteLog } from './effective.ts'
import type { Findings, Place } from './findings.ts'
import { placeOf, within } from './findings.ts'
import { notDirectory } from './on-disk.ts'

type WrittenPart<T> = { readonly [K in keyof T]?: T[K] | null | undefined } | null | undefined

const top = placeOf('log')

export function resolveLog(written: WrittenPart<LogSettings>, findings: Findings): LogSettings {
  const log = findings.settle(defaultLog, written, top)
  return {
    ...log,
    access: logPath(log.access, within(top, 'access'), findings),
    error: logPath(log.error, within(top, 'error'), findings),
  }
}

/** What a site does not say is as in `log` at the top; null when it says nothing. */
export function resolveSiteLog(
  written: WrittenPart<SiteLog>,
  place: Place,
  server: LogSettings,
  findings: Findings,
): SiteLog | null {
  if (written === null || written === undefined) {
    findings.note(place, 'default')
    return null
  }
  const pick = <K extends keyof SiteLog>(key: K): SiteLog[K] | undefined => {
    const value = written[key]
    if (value !== null && value !== undefined) findings.note(within(place, key))
    else findings.inherit(within(place, key), within(top, key))
    return value ?? undefined
  }
  const access = pick('access')
  return {
    access: access === undefined ? server.access : logPath(access, within(place, 'access'), findings),
    format: pick('format') ?? server.format,
    exclude: pick('exclude') ?? server.exclude,
  }
}

function logPath(value: string, place: Place, findings: Findings): string {
  if (value === '-' || value === 'off') return value
  const path = resolve(findings.directory(place), value)
  const wrong =
    notDirectory(dirname(path)) ??
    (notDirectory(path) === undefined ? `"${path}" is a directory, but a file is expected` : undefined)
  if (wrong !== undefined) findings.error(place, wrong, 'Name a file in a directory that exists, "-" or off')
  return path
}
