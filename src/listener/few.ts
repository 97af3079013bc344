// Nothing, one thing or several: for what is one thing for nearly every request, which then makes no list for it.

export type Few<T extends object> = undefined | T | readonly T[]

export function isAmong<T extends object>(few: Few<T>, one: T): boolean {
  return few === one || (Array.isArray(few) && few.includes(one))
}

export function withOne<T extends object>(few: Few<T>, one: T): Few<T> {
  if (few === undefined) return one
  return Array.isArray(few) ? [...few, one] : [few as T, one]
}
