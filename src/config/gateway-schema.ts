// What portico.yaml may say about applications that answer over FastCGI, SCGI or uwsgi: where they are, or how they are
// started, and which files of a directory are scripts of theirs (PHP). See schema.ts.

import { z } from 'zod'
import type { Wire } from './effective.ts'
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
import { peerAddress } from './peer-address.ts'
import { applicationLimits, processesSchema } from './process-schema.ts'
import { commandSchema } from './service-schema.ts'

const account = text('a name')
const addresses = listOf(peerAddress(), 'an address')

/** It is there already. */
const external = section('application at an address', {
  address: addresses,
  connections: wholeNumber(1, 10_000, 8).nullish(),
  idle: duration().nullish(),
  connect_time: duration().nullish(),
  request_time: duration().nullish(),
  output_idle: duration().nullish(),
  queue_time: duration().nullish(),
  queue: wholeNumber(0, 1_000_000, 500).nullish(),
  output_buffer: size().nullish(),
})

/** It is started and kept. */
const program = section('application that is started', {
  command: commandSchema(),
  directory: filePath('a directory').nullish(),
  processes: processesSchema.nullish(),
  connections: wholeNumber(1, 512, 1).nullish(),
  user: account.nullish(),
  group: account.nullish(),
  environment: environmentVariables().nullish(),
  environment_file: filePath('a path').nullish(),
  limits: applicationLimits.nullish(),
})

export const externalKeys: readonly string[] = Object.keys(external.shape)
export const programKeys: readonly string[] = Object.keys(program.shape)

const either = z.union([program, external], { error: expected('choose:command\nan application') })

const place = z.union([addresses, either], { error: expected('choose:map\nan address') })

const fileName = matching(/^[^/]+$/, 'a file name', 'Write a name without a slash, for example index.php')
const ending = matching(/^\.[A-Za-z0-9_.-]+$/, 'the ending of a name', 'Write it with its dot: .php')

/** Scripts below a directory, and the files beside them. */
const scriptShape = {
  root: filePath('the directory of the scripts').nullish(),
  scripts: listOf(ending, 'the ending of a name').nullish(),
  index: listOf(fileName, 'a file name').nullish(),
  front: matching(/^\/[^?#]*[^?#/]$/, 'the path of a script', 'Write it from the root: /index.php').nullish(),
  symlinks: oneOf('inside', 'any', 'none').nullish(),
  dotfiles: flag().nullish(),
}

export const scriptKeys: readonly string[] = Object.keys(scriptShape)

export function gatewayShapes() {
  return {
    fastcgi: { fastcgi: place, ...scriptShape },
    scgi: { scgi: place },
    uwsgi: { uwsgi: place },
  } satisfies Record<Wire, z.ZodRawShape>
}

export type WrittenPlace = z.output<typeof place>
export type WrittenExternal = z.output<typeof external>
export type WrittenProgram = z.output<typeof program>
export type WrittenScripts = z.output<z.ZodObject<typeof scriptShape>>
