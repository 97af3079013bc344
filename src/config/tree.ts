// What a configuration looks like when it is spelled out: plain values, lists and maps.

export type TreeMap = { readonly [key: string]: Tree }
export type Tree = string | number | boolean | null | readonly Tree[] | TreeMap

export function isTreeMap(value: Tree): value is TreeMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
