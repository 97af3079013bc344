// The process of a script: a shell that is told what to become, in a session and a process group of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import { InputPipe } from './input-pipe.ts'
import { readable } from './octets.ts'
import type { ScriptPipes } from './pipe-stock.ts'
import { type ScriptStart, startText } from './start-text.ts'

export interface ScriptProcess {
  readonly pid: number
  /** For whoever asks what runs. */
  readonly command: string
}

export interface ProcessSink {
  /** There is none. Told later, and nothing else then. */
  failed(error: unknown): void
  /** It has ended and is reaped. @param code negative: by that signal */
  exited(code: number): void
}

const shell = '/bin/sh'
const maxShownLength = 1000

/** The ends of the script are closed here, whatever becomes of it; undefined when it has failed. */
export function startScript(
  start: ScriptStart,
  pipes: ScriptPipes,
  sink: ProcessSink,
): ScriptProcess | undefined {
  const { input, output, errors, text } = pipes
  const words = new InputPipe(text.ours, () => {})
  words.give(startText(start), true)
  try {
    const child = spawn(shell, [], {
      argv0: 'sh',
      env: {},
      cwd: '/',
      detached: true,
      stdio: [text.theirs, output.theirs, errors.theirs, input.theirs],
    })
    child.on('exit', (code, signal) => sink.exited(exitCode(code, signal)))
    return processOf(child, start, sink)
  } catch (error) {
    process.nextTick(() => sink.failed(error))
    return undefined
  } finally {
    for (const { theirs } of [input, output, errors, text]) closeSync(theirs)
  }
}

function processOf(child: ChildProcess, start: ScriptStart, sink: ProcessSink): ScriptProcess | undefined {
  const { pid } = child
  child.on('error', (error) => {
    if (pid === undefined) sink.failed(error)
  })
  if (pid === undefined) return undefined
  const command = readable([start.program, ...start.arguments].join(' ')).slice(0, maxShownLength)
  return { pid, command }
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return signal === null ? (code ?? 0) : -constants.signals[signal]
}
