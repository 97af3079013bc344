// Servers that are asked over their control socket by the real command line, and requests that stay until they are ended.

import { join } from 'node:path'
import { isMissing, libpython, plainEnvironment, systemPython } from '../../double/project.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { ask, eventually, type Reply } from '../cli/ask.ts'
import { type CommandResult, portico } from '../cli/command.ts'

const fixtures = join(import.meta.dirname, '../../app/embedded')

export const modes = isMissing(libpython) ? (['daemon'] as const) : (['daemon', 'embedded'] as const)

/** The application `ends`, whose request `/?python` never ends by itself, and a mount with a file. */
export function startControlled(mode: string, settings = 'threads: 1'): Promise<RunningPortico> {
  const processes = mode === 'daemon' ? 'processes: 1, ' : ''
  return startPortico({
    config: `runtime: run
applications:
  ends: { wsgi: "ends:application", directory: ${fixtures}, python: ${systemPython}, mode: ${mode}, ${processes}${settings}, limits: { stop_time: 1s } }
mounts: { /: ends, /files: { files: files } }
`,
    files: { 'files/a.txt': 'a file' },
    environment: { ...plainEnvironment, PYTHONDONTWRITEBYTECODE: '1' },
  })
}

/** In the directory of the server, as its owner would. */
export function tell({ directory }: RunningPortico, ...args: readonly string[]): Promise<CommandResult> {
  return portico(args, { directory })
}

export interface Listed {
  readonly id: string
  readonly stage: string
  readonly worker: string
  readonly mount: string
  readonly method: string
  readonly target: string
  readonly client: string
  readonly ageMs: number
}

export async function listed(server: RunningPortico): Promise<readonly Listed[]> {
  return JSON.parse((await tell(server, 'ps', '--json')).stdout) as Listed[]
}

export interface Held {
  readonly answer: Promise<Reply>
  readonly id: string
}

/** Begins a request and waits until the server lists it at this stage. */
export async function hold(server: RunningPortico, target: string, stage: string): Promise<Held> {
  const answer = ask(server.port, target)
  // Not every test asks what became of it.
  answer.catch(() => {})
  const id = await eventually(async () => {
    const found = (await listed(server)).find((one) => one.target === target && one.stage === stage)
    if (found === undefined) throw new Error(`${target} is not listed as ${stage}`)
    return found.id
  })
  return { answer, id }
}
