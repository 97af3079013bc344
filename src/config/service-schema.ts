// What a service may say: a program that is kept running beside the applications. See schema.ts.

import { z } from 'zod'
import { stopSignals } from '../process/service/service-spec.ts'
import { hintForNames } from './habits.ts'
import { duration, environmentVariables, expected, filePath, matching, oneOf, section, text } from './leaf.ts'

const word = z.string({ error: expected('text', 'Put it in quotes') })

/** A program and its arguments. @param example as JSON */
export function commandSchema(example = '["/srv/feed/feed.fcgi"]') {
  const hint = `Write for example ${example}`
  const error = expected('a list of a program and its arguments', hint)
  return z.array(word, { error }).refine((words) => words.length > 0, {
    error: `the list names no program\n${hint}`,
  })
}

const command = commandSchema('["celery", "-A", "shop", "worker"]')
/** "SIGTERM" and "TERM". */
const signal = z.preprocess(
  (value) => (typeof value === 'string' ? value.replace(/^SIG/, '') : value),
  oneOf(...stopSignals),
)

const service = section('service', {
  command,
  directory: filePath('a path').nullish(),
  user: text('a name').nullish(),
  group: text('a name').nullish(),
  environment: environmentVariables().nullish(),
  environment_file: filePath('a path').nullish(),
  stop_time: duration().nullish(),
  stop_signal: signal.nullish(),
})

export const services = z
  .record(
    matching(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
      'the name of a service',
      'Write letters, digits, - and _, at most 64',
    ),
    service,
    {
      error: expected(
        'a map of names and services',
        hintForNames('{ celery: { command: [celery, worker] } }'),
      ),
    },
  )
  .nullish()

export type WrittenService = z.output<typeof service>
