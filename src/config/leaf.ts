// Single values of the schema: text, numbers, durations, sizes, addresses, each with words for what it is.
// Convention with issues.ts: the message of a type error is "what it should be" and a hint, one line each;
// the message of a custom issue is the whole sentence and a hint.

import { z } from 'zod'
import { parseAddress } from '../schema/address.ts'
import { parseDuration } from '../schema/duration.ts'
import { parseNetwork } from '../schema/network.ts'
import { oneLine } from '../schema/problem.ts'
import { parseRate } from '../schema/rate.ts'
import { parseSize } from '../schema/size.ts'
import { hintForVariables } from './habits.ts'
import { notYet, valuesNotYet } from './not-yet.ts'

type Hint = string | ((input: unknown) => string)

/** What is expected, for values of the wrong type or out of range. */
export function expected(what: string, hint: Hint = ''): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => `${what}\n${typeof hint === 'string' ? hint : hint(input)}`
}

/** The message of a custom issue. */
export function sentence(message: string, hint: string): string {
  return `${oneLine(message)}\n${oneLine(hint)}`
}

interface Refusing {
  readonly value: unknown
  readonly issues: unknown[]
}

/** For the end of a transform. */
export function refuse(context: Refusing, message: string, hint: string): never {
  context.issues.push({ code: 'custom', message: sentence(message, hint), input: context.value })
  return z.NEVER
}

/** A map with known keys; issues.ts reads its name and keys from the message. */
export function section<T extends z.ZodRawShape>(name: string, shape: T) {
  const keys = Object.keys(shape)
  const hint = `Write keys with values; keys are ${keys.join(', ')}`
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `${name}\n${keys.join(',')}` : `a map of settings\n${hint}`,
  })
}

export function text(what: string, hint: Hint = '') {
  const error = expected(what, hint)
  return z.string({ error }).min(1, { error })
}

/** The path of a file or a directory. Only a shell knows what "~" stands for, and the files of nobody are called so. */
export function filePath(what: string, hint: Hint = '') {
  return text(what, hint).superRefine((value, context) => {
    if (!/^~[\w.-]*(\/|$)/.test(value)) return
    const message = `"${value}" starts with "~", which only a shell expands`
    const way = `Write the whole path, or ./${value} for what is really called so`
    context.addIssue({ code: 'custom', message: sentence(message, way) })
  })
}

/** What switches off an option that the site has. @param example the map in place of it */
export function off(example: string) {
  return z
    .literal(['off', false], {
      error: expected('a map of settings, or off for none', `Write for example ${example}`),
    })
    .transform(() => false as const)
}

/** Text of a certain shape. */
export function matching(pattern: RegExp, what: string, hint = '') {
  return z.string({ error: expected(what, hint) }).regex(pattern, { error: expected(what, hint) })
}

export function flag() {
  return z.boolean({ error: expected('true or false') })
}

export function oneOf<const T extends readonly string[]>(...values: T) {
  const listed = `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`
  return z.enum(values, { error: expected(`one of ${listed}`) })
}

export function wholeNumber(from: number, to: number, example: number) {
  const error = expected(`a whole number from ${from} to ${to}`, `Write for example ${example}`)
  return z.number({ error }).int({ error }).min(from, { error }).max(to, { error })
}

/** Milliseconds. */
export function duration(leastMs = 0) {
  const error = expected('a duration', 'Write a number and a unit: 500ms, 30s, 5m, 1h, 1d; 0 is off')
  return z.union([z.string(), z.number()], { error }).transform((value, context) => {
    const parsed = parseDuration(value)
    if (parsed.kind === 'bad') return refuse(context, parsed.why, parsed.hint)
    return parsed.ms < leastMs
      ? refuse(context, 'this limit cannot be off', 'Write a duration above 0, for example 60s')
      : parsed.ms
  })
}

/** How long caches may keep something: milliseconds, or for ever where a name never stands for anything else. */
export function cacheTime() {
  const error = expected('a duration or immutable', 'Write for example 1h, or immutable')
  const time = duration()
  return z.union([z.string(), z.number()], { error }).transform((value, context) => {
    if (value === 'immutable') return value
    const parsed = time.safeParse(value)
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: parsed.error.issues[0]?.message ?? '' })
    return z.NEVER
  })
}

/** Octets. @param leastOctets what is below it is refused; 0 allows "off" */
export function size(leastOctets = 0) {
  const error = expected('a size', 'Write a number and a unit: 500B, 64KiB, 100MiB, 1GiB; 0 is off')
  return z.union([z.string(), z.number()], { error }).transform((value, context) => {
    const parsed = parseSize(value)
    if (parsed.kind === 'bad') return refuse(context, parsed.why, parsed.hint)
    return parsed.octets < leastOctets
      ? refuse(
          context,
          `this limit is at least ${leastOctets} octets`,
          'Write a larger size, for example 32KiB',
        )
      : parsed.octets
  })
}

/** Requests and a time, or false for none. */
export function shortRate() {
  const error = expected('a rate', 'Write 10/s, 600/m or { requests: 10, per: 1s, burst: 20 }; off is none')
  return z.union([z.string(), z.number(), z.boolean()], { error }).transform((value, context) => {
    const parsed = parseRate(value)
    return parsed.kind === 'bad' ? refuse(context, parsed.why, parsed.hint) : parsed.rate
  })
}

/** A listen address in parts, with what was written. */
export function address() {
  const error = expected(
    'an address to listen on',
    'Write 8000, 127.0.0.1:8000, [::]:8000 or unix:/run/portico/http.sock',
  )
  return z.union([z.string(), z.number()], { error }).transform((value, context) => {
    const parsed = parseAddress(value)
    if (parsed.kind === 'bad') return refuse(context, parsed.why, parsed.hint)
    const later = valuesNotYet['listen.tls']
    if (later && !later.works(parsed.address.tls)) {
      return refuse(
        context,
        notYet(later.called(value)),
        'Put a server that speaks TLS in front, or write an http address',
      )
    }
    return { written: String(value), ...parsed.address }
  })
}

/** Whom to trust: an IP address, a network, or everybody on a unix socket. */
export function proxyAddress() {
  const error = expected('an IP address, a network or "unix"', 'Write 127.0.0.1, 10.0.0.0/8 or unix')
  return z.string({ error }).superRefine((value, context) => {
    if (value === 'unix') return
    const parsed = parseNetwork(value)
    if (parsed.kind === 'bad')
      context.addIssue({ code: 'custom', message: sentence(parsed.why, parsed.hint) })
  })
}

/** Of whom: an IP address, a network, everybody, or those without an address. */
export function clientAddress() {
  const error = expected(
    'an IP address, a network, "unix" or "all"',
    'Write 127.0.0.1, 10.0.0.0/8, unix or all',
  )
  return z.string({ error }).superRefine((value, context) => {
    if (value === 'unix' || value === 'all') return
    const parsed = parseNetwork(value)
    if (parsed.kind === 'bad')
      context.addIssue({ code: 'custom', message: sentence(parsed.why, parsed.hint) })
  })
}

/** The start of paths as they are compared: after decoding, without query, doubled slashes and dot segments. */
export function decodedPath() {
  const path = matching(/^\//, 'a path', 'Paths start with a slash, for example /health')
  return path.superRefine((value, context) => {
    const report = (why: string) =>
      context.addIssue({
        code: 'custom',
        message: sentence(`the path "${value}" ${why}`, 'Write the path as it is after decoding'),
      })
    if (/^\/.*%[0-9a-f]{2}/is.test(value)) report('is percent-encoded')
    else if (/[?#\0]|\/\/|\/\.\.?(\/|$)/.test(value))
      report('can never match: it holds ?, #, // or a dot segment')
  })
}

/**
 * Permissions, as a number. Only as text: YAML reads 0660 as six hundred and sixty and 0o660 as four hundred and
 * thirty-two, and nobody could tell afterwards which of the two was written.
 */
export function fileMode() {
  const pattern = /^0?[0-7]{3}$/
  return matching(pattern, 'the mode of a file in quotes', 'Write it as chmod takes it: "0660"').transform(
    (value) => Number.parseInt(value, 8),
  )
}

/** Names and values of an environment. */
export function environmentVariables() {
  const name = matching(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'the name of an environment variable',
    'Write letters, digits and underscores',
  )
  const value = z.string({ error: expected('text', 'Write "" for an empty value') })
  return z.record(name, value, { error: expected('a map of names and values', hintForVariables) })
}

/** One value or a list of them; always a list afterwards. */
export function listOf<T extends z.ZodType>(one: T, what: string) {
  return z
    .union([one, z.array(one)], { error: expected(`choose:list\n${what}`) })
    .transform((value): readonly z.output<T>[] => (Array.isArray(value) ? value : [value as z.output<T>]))
}

/** Refuses the values of `setting` that not-yet.ts lists. */
export function yet<T extends z.ZodType>(setting: string, schema: T) {
  return schema.superRefine((value, context) => {
    const later = valuesNotYet[setting]
    if (later && !later.works(value))
      context.addIssue({ code: 'custom', message: sentence(notYet(later.called(value)), '') })
  })
}
