// What portico.yaml may say about processes that are kept for an application, whatever runs in them. See schema.ts.

import { z } from 'zod'
import { duration, expected, section, size, wholeNumber } from './leaf.ts'

export const applicationLimits = section('application limits', {
  request_time: duration().nullish(),
  output_idle: duration().nullish(),
  queue_time: duration().nullish(),
  queue: wholeNumber(0, 1_000_000, 500).nullish(),
  startup_time: duration(1).nullish(),
  deadlock_time: duration().nullish(),
  drain_time: duration(1).nullish(),
  stop_time: duration().nullish(),
  output_buffer: size().nullish(),
  requests: wholeNumber(0, 1_000_000_000, 10_000).nullish(),
  memory: size().nullish(),
  age: duration().nullish(),
  idle_time: duration().nullish(),
})

const processRange = section('processes', { min: wholeNumber(0, 512, 1), max: wholeNumber(1, 512, 4) })
export const processesSchema = z.union([wholeNumber(1, 512, 2), processRange], {
  error: expected('choose:map\na whole number from 1 to 512'),
})
