// `portico fastcgi APP` and `portico scgi APP`: a WSGI application for Apache, nginx and their like to call.

import { fstatSync } from 'node:fs'
import { monotonicMs } from '../clock.ts'
import type { Application, Listen } from '../config/effective.ts'
import { load } from '../config/load.ts'
import { readSurroundings } from '../config/surroundings.ts'
import { findGroup } from '../process/identity/user.ts'
import { keepDescriptorsFromChildren } from '../process/system/descriptors.ts'
import { reapOrphans } from '../process/system/orphans.ts'
import { watchSignals } from '../process/system/signals.ts'
import { failureText } from '../process/worker/start-failure.ts'
import type { Problem } from '../schema/problem.ts'
import { Responder } from '../server/responder/responder.ts'
import { programVersion } from '../server/version.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type Output, printProblems } from './print.ts'
import { isSnippetKind, snippet, snippetKinds } from './snippet.ts'

export interface ResponderFlags {
  readonly bind?: string | undefined
  readonly config?: string | undefined
  readonly directory?: string | undefined
  readonly python?: string | undefined
  readonly processes?: string | undefined
  readonly threads?: string | undefined
  readonly queue?: string | undefined
  readonly scriptName?: string | undefined
  readonly socketMode?: string | undefined
  readonly socketOwner?: string | undefined
  readonly socketGroup?: string | undefined
  readonly user?: string | undefined
  readonly snippet?: string | undefined
}

type Protocol = 'fastcgi' | 'scgi'

/** Group of the servers that call it, on Debian. */
const usualGroup = 'www-data'

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
  const surroundings = readSurroundings()
  const { bind, processes, threads } = flags
  const overrides = { listen: bind === undefined ? undefined : [bind], processes, threads }
  const loaded = load(inputOf(name, flags, surroundings.cwd), overrides, surroundings)
  if (loaded.kind === 'bad') {
    printProblems(loaded.problems.map(inTheseWords), output)
    return flags.config === undefined ? exitCodes.usage : exitCodes.configuration
  }
  const { effective } = loaded
  const named = flags.config === undefined ? nameOnCommandLine : name
  const found = effective.applications.find((one) => one.name === named && one.wsgi !== '')
  if (found === undefined) {
    output.note(
      `there is no WSGI application "${name}" in "${flags.config}"\n  Name one of "applications" there`,
    )
    return exitCodes.usage
  }
  const listen = bind === undefined ? undefined : socketOf(effective.listen[0], flags)
  if (isSnippetKind(flags.snippet) && listen !== undefined) {
    const command = commandOf(protocol, name, flags)
    output.data(snippet(flags.snippet, { protocol, listen, command, prefix: flags.scriptName ?? '/' }))
    return exitCodes.done
  }
  const application = daemon(found)
  const responder = new Responder({
    effective: { ...effective, applications: [application] },
    application,
    listen,
    serve: {
      protocol,
      queue: Number(flags.queue ?? application.limits.queue),
      script_name: scriptName(flags),
    },
  })
  return run(responder, { protocol, application, listen }, output)
}

const nameOnCommandLine = 'app'
const commandLine = 'command line'

/** By the names that the words have here, where it is about one of them. */
function inTheseWords(problem: Problem): Problem {
  if (problem.file === '--listen') return { ...problem, file: '--bind' }
  const key = problem.file === commandLine && /^applications\.app\.(\w+)$/.exec(problem.setting)?.[1]
  return key ? { ...problem, file: key === 'wsgi' ? 'application' : `--${key}`, setting: '' } : problem
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

/** Whatever it is elsewhere: here it is processes. */
function daemon(application: Application): Application {
  return { ...application, mode: 'daemon', libpython: null, preload: false }
}

/** What the configuration says of an application, and the command line only without one. */
const inConfiguration = ['directory', 'python', 'user'] as const

function wrongFlags(protocol: Protocol, flags: ResponderFlags): string | undefined {
  const { bind, config, snippet: kind, scriptName, queue, socketMode } = flags
  const told = config === undefined ? undefined : inConfiguration.find((flag) => flags[flag] !== undefined)
  if (told !== undefined)
    return `--${told} has no effect beside --config, where the application has its own\n  Leave it out, and write it in "${config}"`
  if (kind !== undefined && !isSnippetKind(kind))
    return `"${kind}" is none of ${snippetKinds.join(', ')}\n  Write for example --snippet nginx`
  if (kind !== undefined && bind === undefined)
    return '--snippet needs --bind as well\n  Write for example --bind unix:/run/shop.sock'
  if (kind === undefined && bind === undefined && !hasSocket()) {
    const who = protocol === 'fastcgi' ? ', as spawn-fcgi and mod_fcgid do it' : ''
    return `nobody has handed it a socket${who} (descriptor 0 is none)\n  Name one: --bind unix:/run/shop.sock, or --bind 127.0.0.1:9000`
  }
  if (scriptName !== undefined && !/^(?:\/[\x21-\x7e]*)?$/.test(scriptName))
    return `"${scriptName}" is no path\n  Write for example --script-name /shop`
  if (queue !== undefined && !/^\d{1,6}$/.test(queue))
    return `"${queue}" is not a whole number\n  Write for example --queue 500`
  if (socketMode !== undefined && !/^0?[0-7]{3}$/.test(socketMode))
    return `"${socketMode}" is not the mode of a file\n  Write it as chmod takes it: --socket-mode 0660`
  return undefined
}

function hasSocket(): boolean {
  try {
    return fstatSync(0).isSocket()
  } catch {
    return false
  }
}

/** What a portico.yaml would say. */
function inputOf(name: string, { config, directory, python, user }: ResponderFlags, cwd: string) {
  if (config !== undefined) return { kind: 'file' as const, path: config }
  const application = { wsgi: name, directory: directory ?? cwd, python, user }
  const value = { applications: { [nameOnCommandLine]: application }, mounts: { '/': nameOnCommandLine } }
  return { kind: 'object' as const, value, directory: cwd, label: commandLine }
}

/** Undefined leaves the names as the other server says them. */
function scriptName({ scriptName: written }: ResponderFlags): string | null {
  return written === undefined ? null : written.replace(/\/+$/, '')
}

/** Whoever can connect can claim to be anybody (REMOTE_USER), so a file is not for all users of the machine. */
function socketOf(
  listen: Listen | undefined,
  { socketMode, socketOwner, socketGroup }: ResponderFlags,
): Listen | undefined {
  if (listen?.kind !== 'unix') return listen
  const isRoot = process.getuid?.() === 0
  const usual = isRoot && findGroup(usualGroup).kind === 'ok' ? usualGroup : null
  return {
    ...listen,
    mode: Number.parseInt(socketMode ?? '0660', 8),
    owner: socketOwner ?? null,
    group: socketGroup ?? usual,
  }
}

interface Running {
  readonly protocol: Protocol
  readonly application: Application
  readonly listen: Listen | undefined
}

async function run(responder: Responder, running: Running, output: Output): Promise<ExitCode> {
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
    if (first.kind === 'ready') announce(responder, running, monotonicMs() - startedMs, output)
    else if (first.kind !== 'stopped') {
      const text = first.kind === 'bad' ? `${first.message}\n  ${first.hint}` : failureText(first.failure)
      output.note(output.paint('red', text))
      await responder.stop('now')
      return exitCodes.failed
    }
  }
  await stopped
  return exitCodes.done
}

function announce(
  { bound }: Responder,
  { protocol, application, listen }: Running,
  tookMs: number,
  output: Output,
): void {
  const { wsgi, processes, threads, python } = application
  const name = protocol === 'fastcgi' ? 'FastCGI' : 'SCGI'
  const where = bound === undefined ? 'descriptor 0' : addressOf(bound)
  const access = listen?.mode == null ? '' : `   mode ${listen.mode.toString(8).padStart(4, '0')}`
  const group = listen?.group == null ? '' : `, group ${listen.group}`
  output.note(`portico ${programVersion()}   node ${process.versions.node}   pid ${process.pid}`)
  output.note(`listen   ${where}   ${name}${access}${group}`)
  output.note(`wsgi     ${wsgi}   ${processes} x ${threads} threads, ${python}`)
  if (listen !== undefined)
    output.note(
      'note     the same command with --snippet nginx, apache or lighttpd prints what that server needs',
    )
  output.note(`ready    in ${Math.round(tookMs)} ms`)
}

function addressOf({ kind, host, port, path }: Pick<Listen, 'kind' | 'host' | 'port' | 'path'>): string {
  return kind === 'unix' ? `unix:${path}` : `${host || '*'}:${port}`
}
