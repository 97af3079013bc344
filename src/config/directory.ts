// Where an application or a service runs: the directory that is written, or that of the configuration.

import { resolve } from 'node:path'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import { didYouMean, notDirectory } from './on-disk.ts'

interface Directory {
  /** Absolute. */
  readonly directory: string
  /** False when a problem was found. */
  readonly exists: boolean
}

export function resolveDirectory(
  written: { readonly directory?: string | null | undefined },
  whose: 'application' | 'service',
  place: Place,
  findings: Findings,
): Directory {
  const directory = resolve(
    findings.directory(place),
    findings.pick(written.directory, '.', within(place, 'directory')),
  )
  const wrong = notDirectory(directory)
  if (wrong === undefined) return { directory, exists: true }
  const key =
    written.directory === null || written.directory === undefined ? place : within(place, 'directory')
  const near = didYouMean(directory, written.directory ?? '.')
  findings.error(key, wrong, `${near}Create it, or name the directory of the ${whose}`)
  return { directory, exists: false }
}
