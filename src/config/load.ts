// Loads a configuration: text or object -> schema -> effective configuration, or all problems at once.

import type { Position, Problem } from '../schema/problem.ts'
import { sortProblems } from '../schema/problem.ts'
import type { Effective } from './effective.ts'
import { Findings } from './findings.ts'
import { readParts } from './include.ts'
import { mergeParts } from './merge.ts'
import type { Overrides } from './overrides.ts'
import type { Provenance } from './provenance.ts'
import { resolveEffective } from './resolve.ts'
import type { Source } from './source.ts'
import { plainSource, readSource } from './source.ts'
import type { Surroundings } from './surroundings.ts'
import { readSurroundings } from './surroundings.ts'

/** A file to read, or a configuration that stands in no file. */
export type ConfigurationInput =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'object'
      /** What a portico.yaml in `directory` would hold. */
      readonly value: unknown
      readonly directory: string
      /** For provenance and messages: 'detected', 'command line'. */
      readonly label: string
    }

export type Loaded =
  | {
      readonly kind: 'ok'
      /** Frozen, JSON-safe. */
      readonly effective: Effective
      readonly warnings: readonly Problem[]
      readonly provenance: Provenance
      /** Where a setting of an application stands, for a problem that shows later. */
      whereabouts(application: string, key: string): Position & Pick<Problem, 'setting'>
    }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] }

/** Problems include warnings when there is at least one error; they are sorted by position. */
export function load(
  input: ConfigurationInput,
  overrides: Overrides = {},
  surroundings: Surroundings = readSurroundings(),
): Loaded {
  if (input.kind === 'object')
    return loadSource(plainSource(input.value, input.directory, input.label), [], overrides, surroundings)
  const read = readSource(input.path, surroundings.cwd)
  if (read.kind === 'bad') return { kind: 'bad', problems: sortProblems(read.problems) }
  return loadSource(read.source, read.problems, overrides, surroundings)
}

function loadSource(
  named: Source,
  found: readonly Problem[],
  overrides: Overrides,
  surroundings: Surroundings,
): Loaded {
  const read = readParts(named, surroundings.cwd)
  const { source, written } = mergeParts(read.parts)
  const findings = new Findings(source)
  const effective = resolveEffective(source, written, overrides, surroundings, findings)
  const problems = sortProblems([...found, ...read.problems, ...written.problems, ...findings.problems])
  if (problems.some(({ severity }) => severity === 'error')) return { kind: 'bad', problems }
  return {
    kind: 'ok',
    effective: freeze(effective),
    warnings: problems,
    provenance: findings.provenance,
    whereabouts: (application, key) => findings.whereabouts(application, key),
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
