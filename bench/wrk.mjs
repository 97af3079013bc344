// One run of wrk with one thread: how many requests it made, and what went wrong with them.

import { spawnSync } from 'node:child_process'

/** `what`: the address, after the options of wrk that belong to it. `trouble` is empty when every answer was good. */
export function runWrk(what, { seconds, connections, env = {} }) {
  const result = spawnSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}`, ...what], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (result.status !== 0) throw new Error(`wrk failed: ${result.stderr}`)
  const requests = Number(/([0-9]+) requests in/.exec(result.stdout)?.[1])
  const bad = /Non-2xx or 3xx responses: ([0-9]+)/.exec(result.stdout)?.[1]
  const errors = /Socket errors: (.*)/.exec(result.stdout)?.[1]
  // Of a script that looks at every answer.
  const wrong = /Wrong answers: ([1-9][0-9]*)/.exec(result.stdout)?.[1]
  const trouble = [bad && `${bad} not 2xx`, wrong && `${wrong} wrong`, errors].filter(Boolean).join('; ')
  return { requests, trouble }
}
