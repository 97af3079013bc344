// Which content codings a client takes, best first (RFC 9110 section 12.5.3). Pure.
// Only the codings that files may lie ready in; everything else in the field is read and has no effect.

export type Coding = 'br' | 'zstd' | 'gzip' | 'identity'

/** Where the client has no preference the smaller one wins, and any of them wins over none. */
const ours: readonly Coding[] = ['br', 'zstd', 'gzip', 'identity']

/** The codings to try, in order; without identity where the client would rather not have a file as it is. */
export interface Preference {
  readonly order: readonly Coding[]
  /** The same for the same order. */
  readonly key: string
}

export const identityOnly: Preference = { order: ['identity'], key: 'identity' }

const element =
  /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*$/

/** Every browser sends one of a few values: they are read once. */
const remembered = new Map<string, Preference>()
const maxRemembered = 256
const maxRememberedLength = 256

/** @param value of all Accept-Encoding fields together; without any, identity is what surely is right */
export function preferredCodings(value: string | undefined): Preference {
  if (value === undefined || value === '') return identityOnly
  const known = remembered.get(value)
  if (known !== undefined) return known
  const preference = read(value)
  if (value.length <= maxRememberedLength) {
    if (remembered.size >= maxRemembered) remembered.clear()
    remembered.set(value, preference)
  }
  return preference
}

function read(value: string): Preference {
  const weights = new Map<string, number>()
  for (const text of value.split(',')) {
    const [, name, weight = '1'] = element.exec(text) ?? []
    if (name === undefined) continue
    const coding = name.toLowerCase()
    // RFC 9110 section 8.4.1.3: the old name of the same.
    weights.set(coding === 'x-gzip' ? 'gzip' : coding, Number(weight))
  }
  const any = weights.get('*')
  // Whoever does not speak of identity takes it when there is nothing better.
  const weightOf = (coding: Coding): number =>
    weights.get(coding) ?? any ?? (coding === 'identity' ? Number.MIN_VALUE : 0)
  const order = ours.filter((coding) => weightOf(coding) > 0)
  order.sort((a, b) => weightOf(b) - weightOf(a))
  return { order, key: order.join(' ') }
}

/** The coding of `offered` that the client likes best; undefined when it likes the answer as it is better, or takes none. */
export function preferredCoding<T extends Coding>(
  value: string | undefined,
  offered: readonly T[],
): T | undefined {
  for (const coding of preferredCodings(value).order) {
    if (coding === 'identity') return undefined
    const found = offered.find((one) => one === coding)
    if (found !== undefined) return found
  }
  return undefined
}
