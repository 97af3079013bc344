// A server that is measured from outside: its start, what it says of itself, and when its service is whole again.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { exited } from './running.mjs'

const program = join(dirname(fileURLToPath(import.meta.url)), '../bin/portico.js')
const lookMs = 20

export class Server {
  #child
  #log
  #control

  /** @param tasks the file of a control group that all its processes are to be in */
  constructor({ configuration, log, runtime, tasks, environment = {} }) {
    const serve = [process.execPath, program, 'serve', configuration]
    const line = tasks === undefined ? serve : ['sh', '-c', `echo $$ > ${tasks} && exec "$@"`, 'sh', ...serve]
    this.#log = log
    this.#control = join(runtime, 'control.sock')
    this.#child = spawn(line[0], line.slice(1), { stdio: 'ignore', env: { ...process.env, ...environment } })
  }

  get pid() {
    return this.#child.pid
  }

  /** What `portico status --json` prints; undefined when nobody answers on the control socket. */
  async status() {
    return (await this.#ask({ verb: 'status' })).find(({ kind }) => kind === 'data')?.data
  }

  /** What `portico logs` prints. */
  async logs() {
    const answers = await this.#ask({ verb: 'logs', lines: 10_000, request: null, follow: false })
    return answers.map(({ text }) => text ?? '').join('\n')
  }

  /** The lines of the answer; none when nobody answers on the control socket. */
  #ask(request) {
    return new Promise((resolve) => {
      const socket = connect(this.#control)
      let said = ''
      socket.setTimeout(2000, () => socket.destroy())
      socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
      socket.on('data', (text) => {
        said += text
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        const lines = said.split('\n').filter((one) => one !== '')
        resolve(lines.map((one) => JSON.parse(one)))
      })
    })
  }

  /** The workers that are ready and the HTTP process that answers, when there are as many as there should be. */
  async whole({ application, workers }) {
    const status = await this.status()
    if (status === undefined) return undefined
    const all = status.applications.find(({ name }) => name === application)?.workers ?? []
    const ready = all.filter(({ state, pid }) => state === 'ready' && isRunning(pid))
    const http = status.http.filter(({ answers, role }) => answers && role === 'serving')
    if (ready.length !== workers || all.length !== workers || http.length !== 1) return undefined
    return { workers: ready.map(({ pid }) => pid), http: http[0].pid }
  }

  get log() {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : ''
  }

  /** Ends it without waiting; its workers notice. */
  kill() {
    this.#child.kill('SIGKILL')
  }

  async stop() {
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 20_000)
    await exited(this.#child)
    clearTimeout(late)
  }
}

function isRunning(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !['T', 'Z'].includes(text.slice(text.lastIndexOf(')') + 2)[0])
  } catch {
    return false
  }
}

/** Resolves to what `look` finds, which is not undefined, or to undefined after `ms`. */
export async function within(ms, look) {
  const until = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined || performance.now() > until) return found
    await wait(lookMs)
  }
}
