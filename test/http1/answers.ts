// Takes the octets that a server sent apart into answers, forgiving about everything but their framing: what a server
// gets wrong is for the judge to see, not for this to stumble over.

export interface Answer {
  readonly status: number
  /** In their order; names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly complete: boolean
}

export interface Answers {
  readonly all: readonly Answer[]
  /** Octets that are no answer. */
  readonly rest: string
}

const statusLine = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r?\n/
const requestLine = /(?:^|\r\n\r\n|\n)([A-Z]+) [^\r\n]* HTTP\/1\.[01]\r?\n/g

/** The methods of the requests that a vector seems to hold, by which answers to HEAD are known. */
export function methodsIn(octets: Buffer): string[] {
  return [...octets.toString('latin1').matchAll(requestLine)].map((match) => match[1] as string)
}

export function fieldOf(answer: Answer, name: string): string | undefined {
  return answer.fields.find(([found]) => found === name)?.[1]
}

export function parseAnswers(received: string, methods: readonly string[]): Answers {
  const all: Answer[] = []
  let rest = received
  let finals = 0
  while (rest !== '') {
    const line = statusLine.exec(rest)
    if (line === null) return { all, rest }
    const status = Number(line[1])
    const bodiless = status < 200 || status === 204 || status === 304 || methods[finals] === 'HEAD'
    const headEnd = /\r?\n\r?\n/.exec(rest)
    if (headEnd === null) {
      all.push({ status, fields: [], body: '', complete: false })
      return { all, rest: '' }
    }
    const fields = fieldsIn(rest.slice(line[0].length, headEnd.index))
    const behind = rest.slice(headEnd.index + headEnd[0].length)
    const { body, complete, used } = bodiless
      ? { body: '', complete: true, used: 0 }
      : takeBody(behind, fields)
    all.push({ status, fields, body, complete })
    if (status >= 200) finals++
    rest = behind.slice(used)
  }
  return { all, rest }
}

function fieldsIn(text: string): (readonly [string, string])[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.includes(':'))
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
    })
}

interface Body {
  readonly body: string
  readonly complete: boolean
  readonly used: number
}

function takeBody(text: string, fields: Answer['fields']): Body {
  const value = (name: string): string | undefined => fields.find(([found]) => found === name)?.[1]
  if (value('transfer-encoding')?.toLowerCase().includes('chunked')) return takeChunks(text)
  const length = value('content-length')
  if (length === undefined) return { body: text, complete: true, used: text.length }
  const body = text.slice(0, Number(length))
  return { body, complete: body.length === Number(length), used: body.length }
}

function takeChunks(text: string): Body {
  const blocks: string[] = []
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n', at)
    const size = end < 0 ? Number.NaN : Number.parseInt(text.slice(at, end), 16)
    if (Number.isNaN(size)) return { body: blocks.join(''), complete: false, used: text.length }
    if (size === 0) {
      const last = text.indexOf('\r\n\r\n', end)
      return { body: blocks.join(''), complete: last >= 0, used: last < 0 ? text.length : last + 4 }
    }
    blocks.push(text.slice(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
