// What is found while a configuration is resolved: problems with their positions, and the origin of each setting.

import type { Wanted } from '../process/identity/reach.ts'
import type { SettingPath } from '../schema/path.ts'
import { formatPath } from '../schema/path.ts'
import type { Position, Problem } from '../schema/problem.ts'
import type { Provenance } from './provenance.ts'
import type { Source } from './source.ts'

/** Where a setting stands: its path in the effective configuration, and its path in the source. */
export interface Place {
  readonly setting: SettingPath
  readonly source: SettingPath
}

/** The place of something inside another place. */
export function within(place: Place, ...parts: SettingPath): Place {
  return { setting: [...place.setting, ...parts], source: [...place.source, ...parts] }
}

/** A place whose setting is spelled as it stands in the source. */
export function placeOf(...path: SettingPath): Place {
  return { setting: path, source: path }
}

/** A file that the HTTP processes will read, or a directory that they will go through. */
export interface Needed extends Wanted {
  readonly place: Place
}

export class Findings {
  readonly #source: Source
  readonly #problems: Problem[] = []
  readonly #origins = new Map<string, string>()
  readonly #places = new Map<string, SettingPath>()
  readonly #commands = new Map<string, SettingPath>()
  readonly #needed: Needed[] = []

  constructor(source: Source) {
    this.#source = source
  }

  get problems(): readonly Problem[] {
    return this.#problems
  }

  get needed(): readonly Needed[] {
    return this.#needed
  }

  get provenance(): Provenance {
    return Object.fromEntries(this.#origins)
  }

  error(place: Place, message: string, hint: string, at: 'key' | 'value' = 'value'): void {
    this.#add('error', place, message, hint, at)
  }

  warning(place: Place, message: string, hint: string, at: 'key' | 'value' = 'value'): void {
    this.#add('warning', place, message, hint, at)
  }

  /** A problem that stands elsewhere: in another file, or in a flag. */
  errorAt(position: Position, message: string, hint: string): void {
    this.#problems.push({ ...position, severity: 'error', setting: '', message, hint })
  }

  /** Notes what the HTTP processes need; that it is there is known. @param to 'run' is to go through a directory */
  need(place: Place, path: string, to: Wanted['to']): void {
    this.#needed.push({ place, path, to })
  }

  /** Notes that a setting comes from the source, or from `origin` when that is given. */
  note(place: Place, origin: string = this.#source.where(place.source)): void {
    const setting = formatPath(place.setting)
    this.#origins.set(setting, origin)
    this.#places.set(setting, place.source)
  }

  /** Where the relative paths at a place start: beside the file that it stands in. */
  directory(place: Place): string {
    return this.#source.part(place.source).directory
  }

  /** 'portico.yaml:3', for messages that name another place. */
  where(place: Place): string {
    return this.#source.where(place.source)
  }

  /** Notes what starts an application that stands in a mount. */
  startedBy(application: string, place: Place): void {
    this.#commands.set(application, place.source)
  }

  /** Where a setting of an application stands, or what starts it, or the nearest thing around it that was written. */
  whereabouts(application: string, key: string): Position & Pick<Problem, 'setting'> {
    const command = this.#commands.get(application)
    const setting = `applications.${application}.${key}`
    if (command === undefined)
      return { ...this.#source.position(this.#places.get(setting) ?? [], 'value'), setting }
    return {
      ...this.#source.position(command, 'value'),
      setting: formatPath(this.#source.part(command).path),
    }
  }

  /** Notes that a setting is as another one, wherever that comes from. */
  inherit(place: Place, from: Place): void {
    this.note({ ...place, source: from.source }, this.#origins.get(formatPath(from.setting)))
  }

  /** The written value, or else the default; notes which of the two it was. */
  pick<T>(written: T | null | undefined, fallback: T, place: Place): T {
    const given = written !== null && written !== undefined
    this.note(place, given ? undefined : 'default')
    return given ? written : fallback
  }

  /** A section of plain values: each one as written, or else its default. */
  settle<T extends object>(
    defaults: T,
    written: { readonly [K in keyof T]?: T[K] | null | undefined } | null | undefined,
    place: Place,
  ): T {
    const keys = Object.keys(defaults) as (keyof T & string)[] // the keys of a literal table of defaults
    const entries = keys.map(
      (key) => [key, this.pick(written?.[key], defaults[key], within(place, key))] as const,
    )
    return Object.fromEntries(entries) as unknown as T // the same keys with values of the same types
  }

  #add(
    severity: Problem['severity'],
    place: Place,
    message: string,
    hint: string,
    at: 'key' | 'value',
  ): void {
    const position = this.#source.position(place.source, at)
    const setting = formatPath(this.#source.part(place.source).path)
    this.#problems.push({ ...position, severity, setting, message, hint })
  }
}
