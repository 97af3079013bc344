// What portico.yaml may say in a later version: known keys and values that this version refuses by name.
// Whoever builds a feature deletes its entry here and gives the key a place in schema.ts.
// A key with the value false or 0 is accepted: it asks for what this version does anyway.

/** Keys by the section of schema.ts in which they stand. */
export const keysNotYet: Readonly<Record<string, readonly string[]>> = {
  top: ['status'],
}

interface ValueNotYet {
  /** True for the values that work in this version. */
  readonly works: (value: unknown) => boolean
  /** What to call the others: the subject of "... is not in this version of Portico yet". */
  readonly called: (value: unknown) => string
}

/** Values by setting, for settings of which only some values work. */
export const valuesNotYet: Readonly<Record<string, ValueNotYet>> = {
  'listen.tls': { works: (value) => value === false, called: () => 'an "https" listener' },
  'server.processes': {
    works: (value) => value === 1,
    called: (value) => `"server.processes" of ${String(value)}`,
  },
}

/** The sentence for everything in this file. */
export function notYet(subject: string): string {
  return `${subject} is not in this version of Portico yet`
}
