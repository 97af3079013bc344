// Asks an interpreter what it is, with the environment that its workers get: the only way to know that it works.
// Runs Python's own start-up and one line of ours, nothing of the application.

import { execFile } from 'node:child_process'
import type { Identity } from '../identity/identity.ts'
import { startAs } from '../identity/start-as.ts'
import {
  askMs,
  type InterpreterFault,
  isTooOld,
  makeAgain,
  oldestPython,
  venvOf,
  venvSetting,
} from './interpreter-fault.ts'
import { faultAs } from './interpreter-reach.ts'

/** Undefined when it is a Python that can run a worker. */
export function askInterpreter(
  path: string,
  environment: Readonly<Record<string, string>>,
  identity: Identity | null,
): Promise<InterpreterFault | undefined> {
  const question = 'import sys; sys.stdout.write("Python %d.%d.%d" % sys.version_info[:3])'
  const start = startAs(identity, path, ['-c', question], environment)
  return new Promise((resolve) => {
    execFile(
      start.file,
      start.arguments,
      { ...start.options, cwd: '/', timeout: askMs, killSignal: 'SIGKILL', encoding: 'utf8' },
      (error, said, complaint) => {
        const version = /Python (\d+)\.(\d+)\.\d+$/.exec(said)
        if (version !== null) resolve(judge(path, version))
        else resolve(unwell(path, error, complaint, (last) => faultAs(identity, path, last, environment)))
      },
    ).stdin?.end()
  })
}

function judge(path: string, version: RegExpExecArray): InterpreterFault | undefined {
  const [text, major, minor] = [version[0], Number(version[1]), Number(version[2])]
  if (isTooOld(major, minor)) {
    return {
      why: `"${path}" is ${text}; ${oldestPython} or newer is needed`,
      hint: 'Set python: to a newer interpreter',
    }
  }
  const venv = venvOf(path)
  const made = venv === undefined ? undefined : /^(\d+\.\d+)/.exec(venvSetting(venv, 'version') ?? '')?.[1]
  if (venv === undefined || made === undefined || made === `${major}.${minor}`) return undefined
  return {
    why: `the virtual environment "${venv}" was made with Python ${made}, but its interpreter is ${text} now, which does not see its packages`,
    hint: makeAgain(venv),
    runs: true,
  }
}

function unwell(
  path: string,
  error: (Error & { killed?: boolean }) | null,
  complaint: string,
  fault: (said: string) => InterpreterFault | undefined,
): InterpreterFault {
  if (error?.killed === true) {
    return {
      why: `"${path}" did not say within ${askMs / 1000} s which Python it is`,
      hint: 'Does it hang when you start it in a shell?',
    }
  }
  const known = fault(complaint)
  if (known !== undefined) return known
  const last = complaint.trim().split('\n').at(-1) || error?.message.split('\n')[0] || 'it said nothing'
  return {
    why: `"${path}" does not start: ${last}`,
    hint: 'Set python: to an interpreter or to a virtual environment',
  }
}
