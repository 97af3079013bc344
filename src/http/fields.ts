// HTTP fields (RFC 9110 section 5) as received: order, case and repeats are kept.
// Stored flat, [name, value, name, value, ...], because a request has a dozen of them and a Map costs more.
// Values are ByteStrings: every code unit is one octet (the latin-1 view).

/** Flat pairs of field names and values, as received or as they will be written. */
export type Fields = readonly string[]

/** Fields being collected by whoever builds an answer. */
export type FieldList = string[]

/** Fields about one connection, never passed on in either direction (RFC 9110 section 7.6.1), in lower case. */
export const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function sameName(name: string, lowerCaseName: string): boolean {
  return (
    name.length === lowerCaseName.length && (name === lowerCaseName || name.toLowerCase() === lowerCaseName)
  )
}

/** The value of the first field of that name (given in lower case), or undefined. */
export function firstField(fields: Fields, lowerCaseName: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (sameName(fields[i] as string, lowerCaseName)) return fields[i + 1]
  }
  return undefined
}

/** Every value of that name (given in lower case), in order. */
export function allFields(fields: Fields, lowerCaseName: string): string[] {
  const values: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    if (sameName(fields[i] as string, lowerCaseName)) values.push(fields[i + 1] as string)
  }
  return values
}

/** The values of that name joined as one list (RFC 9110 section 5.3), or undefined when there is none. */
export function joinedField(fields: Fields, lowerCaseName: string): string | undefined {
  const values = allFields(fields, lowerCaseName)
  return values.length === 0 ? undefined : values.join(', ')
}

/** The part of `text` without blanks and tabs at its ends: a field value (RFC 9110 section 5.5), and nothing but those. */
export function trimmedValue(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
