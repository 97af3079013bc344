// `portico ps`: the requests in progress, the oldest first.

import type { RunningRequest } from '../../listener/running-requests.ts'
import type { ExitCode } from '../exit-codes.ts'
import { type Output, printable, printableJson } from '../print.ts'
import type { PlaceOptions } from './place.ts'
import { askServer } from './run.ts'
import { duration, table } from './table.ts'

export interface PsOptions extends PlaceOptions {
  readonly json?: boolean | undefined
}

/** Characters of a target in the table. */
const targetCharacters = 60

export async function ps(options: PsOptions, output: Output): Promise<ExitCode> {
  const { exit, data } = await askServer({ place: options, request: { verb: 'ps' } }, output)
  if (options.json === true) output.data(printableJson(data))
  else if (data.length > 0)
    output.data(printable(table([heading, ...data.map((one) => row(one as RunningRequest))]).join('\n')))
  return exit
}

const heading = ['request', 'age', 'stage', 'where', 'client', 'mount', 'target']

function row({ id, ageMs, method, target, mount, handler, worker, client, stage }: RunningRequest): string[] {
  const place = worker !== '' ? worker : stage === 'queued' ? 'queue' : handler
  const shown = target.length > targetCharacters ? `${target.slice(0, targetCharacters)}...` : target
  return [id, duration(ageMs), stage, place || '-', client || '-', mount || '-', `${method} ${shown}`]
}
