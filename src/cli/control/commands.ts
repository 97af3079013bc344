// The verbs that talk to a running server, with their flags: status, ps, stack, kill, logs, reload, stop.

import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { mostLines } from '../../server/control/protocol.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openOutput } from '../print.ts'
import type { PlaceOptions } from './place.ts'
import { ps } from './ps.ts'
import { askServer } from './run.ts'
import { status } from './status.ts'

interface Flags extends PlaceOptions {
  readonly json?: boolean
}

interface LogsFlags extends PlaceOptions {
  readonly lines: string
  readonly request?: string | undefined
  readonly follow?: boolean
}

export function addControlVerbs(program: Command): void {
  add(program, 'status', 'say what runs: processes, workers, queues, what went wrong last')
    .option('--json', 'print for programs')
    .action((flags: Flags) => end(status(flags, openOutput())))
  add(program, 'ps', 'list the requests in progress, the oldest first')
    .option('--json', 'print for programs')
    .action((flags: Flags) => end(ps(flags, openOutput())))
  add(program, 'stack', 'show what Python is doing for a request, or in all threads of a worker')
    .argument('<id>', 'id of a request, number of a worker, or pid')
    .action((of: string, flags: Flags) => end(ask(flags, { verb: 'stack', of })))
  add(program, 'kill', 'end one request: its client gets 503, its thread an exception')
    .argument('<id>', 'id of the request')
    .action((request: string, flags: Flags) => end(ask(flags, { verb: 'kill', request, by: who() })))
  add(program, 'logs', 'print the last lines of the logs')
    .option('-n, --lines <n>', 'the last so many lines', '100')
    .option('--request <id>', 'only what belongs to this request')
    .option('-f, --follow', 'go on with what comes')
    .action((flags: LogsFlags) => end(logs(flags)))
  add(program, 'reload', 'start the configuration and the code that are there now, without losing a request')
    .argument('[application]', 'only the code of this application')
    .action((application: string | undefined, flags: Flags) =>
      end(ask(flags, { verb: 'reload', application: application ?? null }, { lasts: true })),
    )
  add(program, 'stop', 'finish the requests in progress, then end the server')
    .option('--now', 'do not wait for them')
    .action((flags: Flags & { readonly now?: boolean }) =>
      end(ask(flags, { verb: 'stop', now: flags.now === true }, { lasts: true, untilClosed: true })),
    )
}

function add(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .summary(summary)
    .description(`Talks to the running server of this directory, or of a configuration: ${summary}.`)
    .option('-c, --config <file>', 'the configuration that the server was started with')
    .option('--runtime <directory>', 'the runtime directory of the server')
}

async function end(done: Promise<ExitCode>): Promise<void> {
  process.exitCode = await done
}

type Request = Parameters<typeof askServer>[0]

async function ask(
  place: PlaceOptions,
  request: Request['request'],
  how: Pick<Request, 'lasts' | 'untilClosed'> = {},
): Promise<ExitCode> {
  return (await askServer({ place, request, ...how }, openOutput())).exit
}

async function logs({ lines, request, follow = false, ...place }: LogsFlags): Promise<ExitCode> {
  const output = openOutput()
  if (!/^\d+$/.test(lines) || Number(lines) > mostLines) {
    output.note(`--lines: "${lines}" is not a whole number from 0 to ${mostLines}`)
    return exitCodes.usage
  }
  // Whoever reads has seen enough, as in: portico logs | head
  process.stdout.on('error', () => process.exit(exitCodes.done))
  return ask(
    place,
    { verb: 'logs', lines: Number(lines), request: request ?? null, follow },
    { lasts: follow, untilClosed: follow },
  )
}

/** For the log of the server. */
function who(): string {
  const { SUDO_USER } = process.env
  return SUDO_USER === undefined || SUDO_USER === '' ? userName() : `${userName()} (${SUDO_USER})`
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A user without a name, as containers have them.
    return String(process.getuid?.() ?? 'unknown')
  }
}
