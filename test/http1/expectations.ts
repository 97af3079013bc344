// What a vector says about the request as the application saw it (/echo tells), and what no answer may hold.

import { type Answer, fieldOf } from './answers.ts'

/** The body of /echo. */
interface Echo {
  readonly method: string
  readonly path_info: string
  readonly query: string
  readonly env: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Check = (echo: Echo, wanted: unknown, finals: readonly Answer[]) => boolean

const checks: Readonly<Record<string, Check>> = {
  body: (echo, wanted) => echo.body === wanted,
  body_any: (echo, wanted) => (wanted as string[]).includes(echo.body),
  echo_query: (echo, wanted) => echo.query === wanted,
  echo_path_info: (echo, wanted) => echo.path_info === wanted,
  echo_header: (echo, wanted) => {
    const [name, value] = wanted as [string, string]
    return fieldIn(echo, name) === value
  },
  echo_header_any: (echo, wanted) => {
    const [name, values] = wanted as [string, (string | null)[]]
    return values.includes(fieldIn(echo, name) ?? null)
  },
  order: (_, wanted, finals) =>
    JSON.stringify(finals.map((final) => echoIn(final)?.query ?? null)) === JSON.stringify(wanted),
}

/** Checked when the first final answer is 200 and comes from /echo. */
export function echoFaults(expect: Readonly<Record<string, unknown>>, finals: readonly Answer[]): string[] {
  const echo = finals[0]?.status === 200 ? echoIn(finals[0]) : undefined
  if (echo === undefined) return []
  return Object.entries(expect).flatMap(([key, wanted]) => {
    const check = checks[key]
    if (check === undefined) throw new Error(`nobody knows what to expect of "${key}"`)
    return check(echo, wanted, finals) ? [] : [`the application saw another ${key}`]
  })
}

type Ban = (wanted: unknown, answers: readonly Answer[], echo: Echo | undefined) => boolean

const bans: Readonly<Record<string, Ban>> = {
  status: (wanted, answers) => answers.some(({ status }) => String(status) === wanted),
  body: (wanted, answers) => answers.some(({ body }) => body.includes(wanted as string)),
  header: (wanted, answers) => answers.some((answer) => fieldOf(answer, wanted as string) !== undefined),
  header_value: (wanted, answers) => {
    const [name, start] = wanted as [string, string]
    return answers.some(({ fields }) =>
      fields.some(([found, value]) => found === name && value.startsWith(start)),
    )
  },
  echo_header: (wanted, _, echo) => echo !== undefined && fieldIn(echo, wanted as string) !== undefined,
  echo_header_contains: (wanted, _, echo) => {
    const [name, part] = wanted as [string, string]
    return echo !== undefined && (fieldIn(echo, name) ?? '').includes(part)
  },
  echo_env: (wanted, _, echo) => {
    const [name, value] = wanted as [string, string]
    return echo?.env[name] === value
  },
}

export function neverFaults(
  never: Readonly<Record<string, unknown>>,
  answers: readonly Answer[],
  first: Answer | undefined,
): string[] {
  const echo = first?.status === 200 ? echoIn(first) : undefined
  return Object.entries(never).flatMap(([key, wanted]) => {
    const ban = bans[key]
    if (ban === undefined) throw new Error(`nobody knows what must never be "${key}"`)
    return ban(wanted, answers, echo) ? [`never ${key} ${JSON.stringify(wanted)}`] : []
  })
}

function fieldIn(echo: Echo, name: string): string | undefined {
  return Object.entries(echo.headers).find(([found]) => found.toLowerCase() === name.toLowerCase())?.[1]
}

function echoIn(answer: Answer): Echo | undefined {
  try {
    const found = JSON.parse(answer.body)
    return typeof found === 'object' && found !== null && 'body' in found ? found : undefined
  } catch {
    return undefined
  }
}
