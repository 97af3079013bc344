// Is what a server did with a vector right? The outcome is compared with the grammar that the file describes, then
// what the application was told and what must never be there. No server is known by name here.

import { type Answer, type Answers, fieldOf } from './answers.ts'
import { echoFaults, neverFaults } from './expectations.ts'
import { filled, type Tokens, type Vector } from './vectors.ts'

/** Where the connection was left: `open` when it would have taken another request. */
export type End = 'open' | 'close'

export interface Verdict {
  /** `200,404+close`, `close`, `wait` or `nonhttp`. */
  readonly outcome: string
  /** What is wrong, one reason each; empty when the vector passes. */
  readonly faults: readonly string[]
}

/** @param strict the outcome must be the preferred one where there is one */
export function judge(vector: Vector, answers: Answers, end: End, tokens: Tokens, strict: boolean): Verdict {
  const { all } = answers
  const outcome = outcomeOf(answers, end)
  const matches = (wanted: string): boolean => isOutcome(wanted, outcome, all, end, expectsContinue(vector))
  const faults: string[] = []
  if (!vector.accept.some(matches)) faults.push(`${outcome}, not ${vector.accept.join(' or ')}`)
  else if (strict && vector.prefer !== undefined && !matches(vector.prefer)) {
    faults.push(`${outcome}, not ${vector.prefer}`)
  }
  const finals = all.filter(({ status }) => status >= 200)
  if (finals.length > (vector.max_responses ?? finals.length)) faults.push('too many answers')
  faults.push(...echoFaults(vector.expect ?? {}, finals), ...fieldFaults(vector, finals[0], tokens))
  faults.push(...neverFaults(vector.never ?? {}, all, finals[0]))
  return { outcome, faults }
}

function expectsContinue({ raw }: Vector): boolean {
  return raw.toLowerCase().includes('expect: 100')
}

function outcomeOf({ all, rest }: Answers, end: End): string {
  if (all.length > 0) return `${statusesOf(all).join(',')}+${end}`
  if (rest !== '') return 'nonhttp'
  return end === 'close' ? 'close' : 'wait'
}

function statusesOf(answers: readonly Answer[]): string[] {
  return answers.map(({ status }) => String(status))
}

function isOutcome(
  wanted: string,
  outcome: string,
  answers: readonly Answer[],
  end: End,
  mayContinue: boolean,
): boolean {
  if (['close', 'wait', 'nonhttp'].includes(wanted)) return wanted === outcome
  const [sequence = '', wantedEnd = end] = wanted.split('+')
  if (answers.length === 0 || wantedEnd !== end) return false
  const repeated = /^@(\d+)x(\d+)$/.exec(sequence)
  const statuses =
    repeated === null ? sequence : `${`${repeated[1]},`.repeat(Number(repeated[2]))}`.slice(0, -1)
  const seen = statusesOf(answers)
  if (statuses === seen.join(',')) return true
  // A 100 that was asked for may be there or not, unless the vector says which.
  return (
    mayContinue && !statuses.includes('100') && statuses === seen.filter((one) => one !== '100').join(',')
  )
}

/** Fields and body that belong to a status; a name that ends in ^ wants the beginning of the value only. */
function fieldFaults({ expect_if = {} }: Vector, first: Answer | undefined, tokens: Tokens): string[] {
  if (first === undefined) return []
  return Object.entries(expect_if[String(first.status)] ?? {}).flatMap(([key, text]) => {
    const wanted = filled(text, tokens)
    const name = key.replace('^', '')
    const value = name === 'body' ? first.body : fieldOf(first, name)
    const right = name === key ? value === wanted : (value ?? '').startsWith(wanted)
    return right ? [] : [`${name} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`]
  })
}
