// Words for programs that never took a connection. Pure. Form as in worker/start-failure.ts.

import { describeExit, type Exit } from '../messages.ts'
import { interpreterFault } from '../system/spawn-fault.ts'
import type { StartFailure } from '../worker/control-line.ts'
import type { ProgramLaunch } from './program-launch.ts'

/** `why` is a clause. */
export function programNotStarted(launch: ProgramLaunch, why: string): StartFailure {
  return {
    reason: 'spawn',
    message: `${start(launch)}: ${why}`,
    hint: 'Name a program that its user may run, by its path',
    traceback: '',
  }
}

/** `tail` is the last of what it wrote to stderr. */
export function programEnded(launch: ProgramLaunch, pid: number, exit: Exit, tail: string): StartFailure {
  return {
    reason: 'exited',
    message: `${start(launch)}: "${launch.command[0]}" (pid ${pid}) ${describeExit(exit)} before it took a connection`,
    hint: hintOf(exit, launch, tail),
    traceback: tail,
  }
}

export function programSilent(launch: ProgramLaunch, pid: number, tail: string): StartFailure {
  const { bindsItself, socket, startupMs } = launch
  const where = bindsItself ? `"${socket}"` : 'its descriptor 0'
  return {
    reason: 'startup-time',
    message: `${start(launch)}: "${launch.command[0]}" (pid ${pid}) took no connection from ${where} within ${startupMs / 1000} s`,
    hint: bindsItself
      ? 'Has the option another form, unix:{socket} for example? Or raise limits.startup_time'
      : 'One that makes its socket itself needs {socket} as an argument; one that is slow to start, a higher limits.startup_time',
    traceback: tail,
  }
}

function hintOf(
  { code, signal }: Exit,
  { identity, bindsItself, command }: ProgramLaunch,
  tail: string,
): string {
  if (signal === 'SIGKILL') return 'Was memory short? See the kernel log'
  if (signal !== null) return ''
  const [program = ''] = command
  const fault = code === 126 || code === 127 ? interpreterFault(program) : undefined
  if (fault !== undefined) return capital(fault)
  // A shell says so of what it cannot execute.
  if (identity !== null && (code === 126 || code === 127))
    return `Does it exist, and may the user "${identity.name}" run it?`
  if (code === 0)
    return 'It ended as if its work were done: it must stay in the foreground and take connections; a CGI program belongs to cgi:'
  // What it says itself tells more.
  return bindsItself || tail !== '' ? '' : 'One that makes its socket itself needs {socket} as an argument'
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function start({ application }: ProgramLaunch): string {
  return `Cannot start application "${application}"`
}
