// An answer as it came over the wire, and how its body was delimited (RFC 9112 section 6.3).

export type Framing = 'none' | 'length' | 'chunked' | 'close'

export interface Answer {
  /** The status line. */
  readonly line: string
  readonly status: number
  readonly reason: string
  /** In their order, names as written, values without blanks around them. */
  readonly fields: readonly (readonly [string, string])[]
  /** All octets of the head without its empty line. */
  readonly head: string
  readonly framing: Framing
  readonly body: string
  /** False when the body was visibly cut short. */
  readonly complete: boolean
  /** Informational answers that came before. */
  readonly interim: readonly number[]
}

export function fieldsOf(lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line) => {
    const colon = line.indexOf(':')
    if (colon < 1) throw new Error(`not a field: ${JSON.stringify(line.slice(0, 80))}`)
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')] as const
  })
}

export function framingOf(status: number, fields: Answer['fields'], method: string): Framing {
  if (method === 'HEAD' || status === 204 || status === 304) return 'none'
  const names = new Set(fields.map(([name]) => name.toLowerCase()))
  if (names.has('transfer-encoding')) return 'chunked'
  return names.has('content-length') ? 'length' : 'close'
}

/** All values of a field. */
export function fieldsNamed(answer: Answer, name: string): string[] {
  return answer.fields
    .filter(([found]) => found.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value)
}

/** The one value of a field, undefined when it is absent; fails when there are several. */
export function fieldNamed(answer: Answer, name: string): string | undefined {
  const values = fieldsNamed(answer, name)
  if (values.length > 1) throw new Error(`${name} came ${values.length} times: ${values.join(' | ')}`)
  return values[0]
}
