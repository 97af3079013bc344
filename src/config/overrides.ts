// Settings given as flags: they win over the file and are checked by the same schema.

import type { z } from 'zod'
import type { Mode } from './effective.ts'
import type { Findings } from './findings.ts'
import { toRefusals } from './issues.ts'
import { processesSchema } from './process-schema.ts'
import type { WrittenAddress } from './schema.ts'
import { listenSchema, modeSchema, threadsSchema } from './schema.ts'

/** As they come from the command line; numbers may still be text. */
export interface Overrides {
  readonly listen?: readonly string[] | undefined
  readonly mode?: string | undefined
  readonly processes?: string | number | undefined
  readonly threads?: string | number | undefined
}

export interface CheckedOverrides {
  readonly listen: readonly WrittenAddress[] | undefined
  readonly mode: Mode | 'auto' | undefined
  readonly processes: number | undefined
  readonly threads: number | undefined
}

export function checkOverrides(overrides: Overrides, findings: Findings): CheckedOverrides {
  const read = <T extends z.ZodType>(flag: string, schema: T, value: unknown): z.output<T> | undefined => {
    if (value === undefined) return undefined
    const parsed = schema.safeParse(value, { reportInput: true })
    if (parsed.success) return parsed.data
    const position = { file: flag, line: 0, column: 0 }
    for (const { problem } of toRefusals(parsed.error.issues, () => position)) {
      if (problem) findings.errorAt(position, problem.message, problem.hint)
    }
    return undefined
  }
  const processes = read('--processes', processesSchema, toNumber(overrides.processes))
  return {
    listen: overrides.listen
      ?.map((written) => read('--listen', listenSchema, written))
      .filter((address) => address !== undefined),
    mode: read('--mode', modeSchema, overrides.mode),
    processes: typeof processes === 'number' ? processes : undefined,
    threads: read('--threads', threadsSchema, toNumber(overrides.threads)),
  }
}

function toNumber(value: string | number | undefined): string | number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
}
