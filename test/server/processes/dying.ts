// A server with test/app/wsgi/dies.py, and its reports of dead workers.

import { join } from 'node:path'
import { eventually } from '../../double/eventually.ts'
import { plainEnvironment, systemPython } from '../../double/project.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')

export interface Dying {
  /** 1 by default; each with two threads. */
  readonly processes?: number
  /** As in portico.yaml, inside the braces. */
  readonly limits?: string
  readonly args?: readonly string[]
}

export function startDying({ processes = 1, limits = '', args = [] }: Dying = {}): Promise<RunningPortico> {
  const settings = `directory: ${apps}, python: ${systemPython}, threads: 2, processes: ${processes}, limits: { ${limits} }`
  return startPortico({
    config: `applications: { dies: { wsgi: "dies:application", ${settings} } }\nmounts: { /: dies }\n`,
    environment: { ...plainEnvironment, PYTHONDONTWRITEBYTECODE: '1' },
    args,
  })
}

/** The events of that name so far, each with the lines that belong to it. */
export function eventsOf(server: RunningPortico, name: string): string[] {
  const lines = server.stderr().split('\n').slice(0, -1)
  const starts = lines.flatMap((line, at) => (line.split(' ')[2] === name ? [at] : []))
  return starts.map((at) => {
    const rest = lines.slice(at + 1)
    const end = rest.findIndex((line) => !line.startsWith('    '))
    return [lines[at], ...rest.slice(0, end < 0 ? rest.length : end)].join('\n')
  })
}

/** Waits for the event of that name that holds these words: an answer may be there before the log is. */
export function untilEvent(server: RunningPortico, name: string, words = ''): Promise<string> {
  return eventually(`the event ${name} ${words}`, () =>
    eventsOf(server, name).find((event) => event.includes(words)),
  )
}

/** Waits for report number `count` of a dead worker. */
export function untilReport(server: RunningPortico, count = 1): Promise<string> {
  return eventually(`report ${count} of a dead worker`, () => eventsOf(server, 'worker.exited')[count - 1])
}

/** The id that an error page names. */
export function requestId(body: string): string {
  return /<code>([^<]+)</.exec(body)?.[1] ?? 'no id'
}
