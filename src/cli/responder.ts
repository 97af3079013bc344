// `portico fastcgi APP` and `portico scgi APP`: a WSGI application for Apache, nginx and their like to call.

import { resolve } from 'node:path'
import { monotonicMs } from '../clock.ts'
import type { Application, Listen } from '../config/effective.ts'
import { keepDescriptorsFromChildren } from '../process/system/descriptors.ts'
import { reapOrphans } from '../process/system/orphans.ts'
import { watchSignals } from '../process/system/signals.ts'
import { failureText } from '../process/worker/start-failure.ts'
import { Responder } from '../server/responder/responder.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { hostedApplication } from './hosted-application.ts'
import type { Output } from './print.ts'
import { type Protocol, type ResponderFlags, scriptNameOf, socketOf, wrongFlags } from './responder-flags.ts'
import { type ResponderFacts, responderTable } from './responder-table.ts'
import { isSnippetKind, snippet } from './snippet/snippet.ts'

/** Resolves when it has stopped. @param name of the application: a target of WSGI, or with --config a name there */
export async function respond(
  protocol: Protocol,
  name: string,
  flags: ResponderFlags,
  output: Output,
): Promise<ExitCode> {
  const wrong = wrongFlags(protocol, flags)
  if (wrong !== undefined) {
    output.note(wrong)
    return exitCodes.usage
  }
  const hosted = hostedApplication(name, flags, output)
  if (hosted.kind === 'bad') return hosted.exit
  const { effective, application, steps } = hosted
  const listen = flags.bind === undefined ? undefined : socketOf(effective.listen[0], flags)
  if (isSnippetKind(flags.snippet) && listen !== undefined) {
    const { directory } = application
    const command = commandOf(protocol, name, fromAnywhere(flags, application, listen))
    const prefix = flags.scriptName ?? '/'
    output.data(snippet(flags.snippet, { protocol, listen, command, prefix, directory }))
    return exitCodes.done
  }
  for (const step of steps) output.note(step)
  const responder = new Responder({
    effective: { ...effective, applications: [application] },
    application,
    listen,
    serve: {
      protocol,
      queue: Number(flags.queue ?? application.limits.queue),
      script_name: scriptNameOf(flags),
    },
  })
  const userSetting = flags.config === undefined ? '--user' : '"user:"'
  const logsHere = effective.log.error === '-'
  const choosesClients = process.env.FCGI_WEB_SERVER_ADDRS !== undefined
  return run(responder, { protocol, application, listen, userSetting, choosesClients, logsHere }, output)
}

/** The same whatever the working directory is. */
function fromAnywhere(flags: ResponderFlags, application: Application, listen: Listen): ResponderFlags {
  const { bind, config, python } = flags
  return {
    ...flags,
    bind: listen.kind === 'unix' ? `unix:${listen.path}` : bind,
    ...(config === undefined ? { directory: application.directory } : { config: resolve(config) }),
    ...(python === undefined ? {} : { python: application.python }),
  }
}

/** What the snippet decides, and itself, left out: the words are to be put into a unit or a script as they are. */
function commandOf(
  protocol: Protocol,
  name: string,
  { snippet: _, scriptName: __, ...flags }: ResponderFlags,
): string {
  const given = Object.entries(flags).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value],
  )
  return ['portico', protocol, name, ...given].map(shellWord).join(' ')
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

type NotStarted = Exclude<Awaited<ReturnType<Responder['start']>>, { kind: 'ready' | 'stopped' }>

/** With an error log on the terminal the whole story of a failure stands there already. */
function whyNot(why: NotStarted, logsHere: boolean): string {
  if (why.kind === 'failed') return logsHere ? why.failure.message : failureText(why.failure)
  const hint = why.hint
    .replace('listen: or --listen', '--bind')
    .replace(', or only the port to listen on every one', '')
  return `${why.message}\n  ${hint}`
}

async function run(
  responder: Responder,
  facts: Omit<ResponderFacts, 'bound'> & { readonly logsHere: boolean },
  output: Output,
): Promise<ExitCode> {
  const startedMs = monotonicMs()
  let isStopping = false
  const stopped = new Promise<void>((resolve) => {
    const end = (how: 'finish' | 'now') => {
      isStopping = true
      void responder.stop(how).then(resolve)
    }
    watchSignals(
      {
        finish: () => end('finish'),
        abort: () => end('now'),
        reload: () => responder.reload(),
        reopen: () => {},
      },
      monotonicMs,
    )
  })
  keepDescriptorsFromChildren()
  reapOrphans({ log: responder.log })
  const first = await Promise.race([responder.start(), stopped])
  if (first !== undefined && !isStopping) {
    if (first.kind === 'ready') {
      for (const line of responderTable({ ...facts, bound: responder.bound })) output.note(line)
      output.note(`ready    in ${Math.round(monotonicMs() - startedMs)} ms`)
    } else if (first.kind !== 'stopped') {
      output.note(output.paint('red', whyNot(first, facts.logsHere)))
      await responder.stop('now')
      return exitCodes.failed
    }
  }
  await stopped
  return exitCodes.done
}
