// The environment of an application or a service: that of its file, then what is written beside it, which wins.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnvironmentFile } from './environment-file.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import { notFile } from './on-disk.ts'
import { shorten } from './source.ts'
import type { Surroundings } from './surroundings.ts'

interface Environment {
  readonly environment: Readonly<Record<string, string>>
  /** Absolute path of the file that `environment` comes from in part. */
  readonly environment_file: string | null
}

interface Written {
  readonly environment?: Readonly<Record<string, string>> | null | undefined
  readonly environment_file?: string | null | undefined
}

export function resolveEnvironment(
  written: Written,
  place: Place,
  { surroundings, findings }: { readonly surroundings: Surroundings; readonly findings: Findings },
): Environment {
  const environment: Record<string, string> = {}
  const inside = within(place, 'environment')
  let path: string | null = null
  if (written.environment_file !== null && written.environment_file !== undefined) {
    path = resolve(findings.directory(place), written.environment_file)
    findings.note(within(place, 'environment_file'))
    const wrong = notFile(path)
    if (wrong !== undefined)
      findings.error(within(place, 'environment_file'), wrong, 'Create it, or remove the setting')
    else {
      const shown = shorten(path, surroundings.cwd)
      const { entries, problems } = parseEnvironmentFile(readFileSync(path, 'utf8'))
      for (const { line, column, message, hint } of problems)
        findings.errorAt({ file: shown, line, column }, message, hint)
      for (const { name, value, line } of entries) {
        environment[name] = value
        findings.note(within(inside, name), `${shown}:${line}`)
      }
    }
  }
  for (const [name, value] of Object.entries(written.environment ?? {})) {
    environment[name] = value
    findings.note(within(inside, name))
  }
  return { environment, environment_file: path }
}
