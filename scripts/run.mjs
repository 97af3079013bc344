// Runs one program for the scripts: with a deadline, its output kept or shown, and never left behind.
// Every child leads a process group of its own, so that what it started ends with it.
import { spawn } from 'node:child_process'

const running = new Set()
let handlesSignals = false

/** The signals that end a script, with the numbers that their exit codes carry. */
export const endings = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }

/**
 * Runs a program to its end. `show` passes its output on while it runs; otherwise it is in `output`.
 * Resolves to { ok, output, seconds, late }; never rejects.
 */
export function run(command, args, { cwd, env, deadlineMs = 600_000, show = false } = {}) {
  endWithUs()
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const stdio = ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe']
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: true })
    let output = ''
    let late = false
    running.add(child)
    const deadline = setTimeout(() => {
      late = true
      killGroup(child, 'SIGKILL')
    }, deadlineMs)
    const keep = (bytes) => {
      output += bytes
    }
    child.stdout?.setEncoding('utf8').on('data', keep)
    child.stderr?.setEncoding('utf8').on('data', keep)
    const finish = (ok, words = '') => {
      clearTimeout(deadline)
      running.delete(child)
      const seconds = (performance.now() - startedMs) / 1000
      if (late) words = `${command} was ended after ${Math.round(seconds)} s: its time was up\n`
      resolve({ ok: ok && !late, output: output + words, seconds, late })
    }
    child.on('error', (error) => finish(false, `${command} could not be started: ${error.message}\n`))
    child.on('close', (code) => finish(code === 0))
  })
}

function killGroup(child, signal) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended by itself.
  }
}

function endWithUs() {
  if (handlesSignals) return
  handlesSignals = true
  for (const [signal, number] of Object.entries(endings)) {
    process.once(signal, () => {
      for (const child of running) killGroup(child, 'SIGKILL')
      process.exit(128 + number)
    })
  }
}
