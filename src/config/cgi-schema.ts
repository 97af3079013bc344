// What portico.yaml may say about CGI scripts: of a mount of scripts, and of scripts among files. See schema.ts.

import { z } from 'zod'
import {
  duration,
  environmentVariables,
  expected,
  filePath,
  flag,
  listOf,
  matching,
  oneOf,
  section,
  size,
  text,
  wholeNumber,
} from './leaf.ts'

const path = filePath('a path')
const account = text('a name')

const warm = z.union([z.literal('auto'), flag()], { error: expected('auto, true or false') })

/** Of requests as those of an application, and of the processes. */
const limits = section('limits of scripts', {
  head_time: duration().nullish(),
  output_idle: duration().nullish(),
  time: duration().nullish(),
  queue_time: duration().nullish(),
  queue: wholeNumber(0, 1_000_000, 500).nullish(),
  output_buffer: size().nullish(),
  stop_time: duration().nullish(),
  cpu: duration(1000).nullish(),
  memory: size().nullish(),
  descriptors: wholeNumber(8, 1_000_000, 1024).nullish(),
  processes: wholeNumber(1, 1_000_000, 50).nullish(),
  file_size: size().nullish(),
})

/** How scripts are started. */
export const launcherShape = {
  warm: warm.nullish(),
  preload: listOf(
    matching(/^[A-Za-z_][\w.]*$/, 'the name of a module', 'Write the name of a Python module, such as json'),
    'the name of a module',
  ).nullish(),
  concurrency: wholeNumber(1, 512, 16).nullish(),
  python: path.nullish(),
  user: account.nullish(),
  group: account.nullish(),
  environment: environmentVariables().nullish(),
  environment_file: path.nullish(),
  limits: limits.nullish(),
}

const extensions = () =>
  listOf(
    matching(/^\.[A-Za-z0-9_.-]+$/, 'the ending of a name', 'Write it with its dot, for example .cgi'),
    'the ending of a name',
  )

export const cgiShape = {
  cgi: filePath('a directory of scripts, or a script', 'For example /usr/lib/cgi-bin'),
  scripts: extensions().nullish(),
  index: listOf(
    matching(/^[^/]+$/, 'a file name', 'Write a name without a slash, for example index.cgi'),
    'a file name',
  ).nullish(),
  symlinks: oneOf('inside', 'any', 'none').nullish(),
  directory: filePath('a directory').nullish(),
  ...launcherShape,
}

/** Of scripts among files. */
export const scriptsShape = { scripts: extensions().nullish(), ...launcherShape }

export type WrittenLauncher = z.output<z.ZodObject<typeof launcherShape>>
