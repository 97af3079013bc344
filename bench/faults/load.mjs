// A constant, bounded load: a few connections that are kept open, each with one request at a time and a pause between them.
// Every answer is looked at; what is not the right one is remembered with its time.

import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

const pauseMs = 10
const patienceMs = 30_000

/** Asks once. `why` is empty when the answer has status 200 and, where one is given, that body. */
export function ask(port, path, { agent, method = 'GET', body, expected, headers } = {}) {
  return new Promise((resolve) => {
    const beganMs = performance.now()
    const tell = (status, said, why, fields = {}) =>
      resolve({ path, status, body: said, why, headers: fields, tookMs: performance.now() - beganMs })
    const asking = request({ port, host: '127.0.0.1', path, agent, method, headers }, (response) => {
      let said = ''
      response.setEncoding('latin1').on('data', (text) => {
        said += text
      })
      response.on('error', (error) => tell(0, said, `${error.code} in the answer`))
      response.on('end', () => {
        const { statusCode } = response
        const right = expected === undefined || said === expected
        tell(
          statusCode,
          said,
          statusCode !== 200 ? String(statusCode) : right ? '' : 'wrong body',
          response.headers,
        )
      })
    })
    asking.setTimeout(patienceMs, () =>
      asking.destroy(Object.assign(new Error('late'), { code: 'no answer' })),
    )
    asking.on('error', (error) => tell(0, '', error.code))
    asking.end(body)
  })
}

/** The load on one server, from `start` to `stop`. */
export class Load {
  #port
  #paths
  #going = false
  #clients = []
  #count = 0
  /** Clients by number: when their last right answer came. */
  #rightMs = []
  lost = []
  answers = 0
  /** Numbers of the requests that were answered. */
  answered = []
  /** Requests that have been sent and are not answered now. */
  outstanding = 0

  /** @param paths what each connection asks for, and the answer that is right */
  constructor(port, paths) {
    this.#port = port
    this.#paths = paths
  }

  get connections() {
    return this.#paths.length
  }

  start() {
    this.#going = true
    this.#clients = this.#paths.map((what, client) => this.#run(what, client))
  }

  async stop() {
    this.#going = false
    await Promise.all(this.#clients)
  }

  /** Since then every connection has had a right answer, and none a wrong one. */
  rightSince(ms) {
    return (
      this.#rightMs.length === this.#paths.length &&
      this.#rightMs.every((at) => at > ms) &&
      !this.lost.some(({ atMs }) => atMs > ms)
    )
  }

  /** When the last request that began after `ms` was lost; undefined: none. */
  lostSince(ms) {
    return this.lost.filter(({ atMs }) => atMs > ms)
  }

  async #run({ path, answer }, client) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (this.#going) {
      const n = ++this.#count
      this.outstanding++
      const got = await ask(this.#port, `${path}?${n}`, { agent, expected: answer(n) })
      this.outstanding--
      this.answers++
      const atMs = performance.now()
      if (got.why === '') {
        this.#rightMs[client] = atMs
        this.answered.push(n)
      } else this.lost.push({ atMs, client, why: got.why, path, tookMs: got.tookMs, body: got.body })
      await wait(pauseMs)
    }
    agent.destroy()
  }
}
