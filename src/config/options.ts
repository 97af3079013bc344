// The options that sites give to their mounts: resolved where they are written, and what a mount does not say itself is
// that of its site. One target at most gives an option of its mount, since it counts for all of them.

import { resolveAccess } from './access.ts'
import type { Options } from './effective.ts'
import { resolveErrors } from './errors.ts'
import { type Findings, type Place, within } from './findings.ts'
import { resolveHeaders } from './headers.ts'
import { resolveMaintenance } from './maintenance.ts'
import type { WrittenOptions } from './option-schema.ts'
import type { WrittenTarget } from './schema.ts'
import { resolveSendfile } from './sendfile.ts'

/** Where options are resolved. */
export interface OptionContext {
  readonly findings: Findings
}

/** A target of a mount where it stands. */
export interface Placed {
  readonly target: WrittenTarget
  readonly at: Place
}

const none: Options = {
  access: false,
  headers: {},
  errors: {},
  maintenance: false,
  sendfile: [],
  authorization: false,
}

/** @param place of the site */
export function resolveSiteOptions(written: WrittenOptions, place: Place, context: OptionContext): Options {
  const given = <K extends keyof Options>(key: K) => {
    const value: WrittenOptions[K] = written[key]
    if (value === null || value === undefined) return undefined
    return { value: value as NonNullable<WrittenOptions[K]>, at: within(place, key) }
  }
  return resolveOptions(given, { options: none, at: place }, place, context)
}

/** What a mount has where it says nothing itself: from its site, or from the mount in whose place it stands. */
interface Inherited {
  readonly options: Options
  /** Where they stand. */
  readonly at: Place
  readonly isMount?: boolean
}

/** @param mount the setting is that of the mount's first target */
export function resolveMountOptions(
  placed: readonly Placed[],
  mount: Place,
  inherited: Inherited,
  context: OptionContext,
): Options {
  const given = <K extends keyof Options>(key: K) => {
    const found = givenOnce(key, placed, context.findings)
    if (found === undefined) return undefined
    return { value: found.value, at: { setting: [...mount.setting, key], source: [...found.at.source, key] } }
  }
  return resolveOptions(given, inherited, mount, context)
}

type Given = <K extends keyof Options>(
  key: K,
) => { readonly value: NonNullable<WrittenOptions[K]>; readonly at: Place } | undefined

function resolveOptions(
  given: Given,
  { options: inherited, at, isMount }: Inherited,
  place: Place,
  { findings }: OptionContext,
): Options {
  const access = given('access')
  const headers = given('headers')
  const errors = given('errors')
  const maintenance = given('maintenance')
  const sendfile = given('sendfile')
  const authorization = given('authorization')
  const inherit = <K extends keyof Options>(key: K): Options[K] => {
    const origin = inherited[key] === none[key] ? 'default' : undefined
    const setting = [...place.setting, key]
    if (isMount === true) findings.inherit({ setting, source: at.source }, within(at, key))
    else findings.note({ setting, source: [...at.source, key] }, origin)
    return inherited[key]
  }
  return {
    access:
      access === undefined
        ? inherit('access')
        : resolveAccess(access.value, access.at, findings.directory(access.at), findings),
    headers:
      headers === undefined
        ? inherit('headers')
        : resolveHeaders(headers.value, headers.at, inherited.headers, findings),
    errors:
      errors === undefined
        ? inherit('errors')
        : resolveErrors(errors.value, errors.at, inherited.errors, findings.directory(errors.at), findings),
    maintenance:
      maintenance === undefined
        ? inherit('maintenance')
        : resolveMaintenance(maintenance.value, maintenance.at, findings.directory(maintenance.at), findings),
    sendfile:
      sendfile === undefined
        ? inherit('sendfile')
        : resolveSendfile(sendfile.value, sendfile.at, findings.directory(sendfile.at), findings),
    authorization:
      authorization === undefined
        ? inherit('authorization')
        : findings.pick(authorization.value, false, authorization.at),
  }
}

/** What one of the targets says of its mount. */
export function givenOnce<K extends keyof Exclude<WrittenTarget, string>>(
  key: K,
  placed: readonly Placed[],
  findings: Findings,
): { readonly value: NonNullable<Exclude<WrittenTarget, string>[K]>; readonly at: Place } | undefined {
  const given = placed.flatMap(({ target, at }) => {
    const value = typeof target === 'object' ? target[key] : undefined
    return value === null || value === undefined
      ? []
      : [{ value: value as NonNullable<Exclude<WrittenTarget, string>[K]>, at }]
  })
  const [first, second] = given
  if (second !== undefined)
    findings.error(
      within(second.at, key),
      `"${key}" is given twice for one mount`,
      'It counts for the whole mount: give it once',
    )
  return first
}
