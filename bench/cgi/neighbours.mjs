// How long a file of 1 KiB takes while 32 scripts run: asleep, or Python at work all the time.
// node bench/cgi/neighbours.mjs [--only NAME] [--seconds 12] [--scripts 32]
// The file is asked for every 10 ms on a kept connection. The sleeping ones are started one after the other over their three
// seconds, and each again when it has answered.

import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { latencies } from '../latencies.mjs'
import { exited } from '../running.mjs'
import { watchOthers } from './others.mjs'
import { peersNamed } from './peers.mjs'
import { writeSite } from './scripts.mjs'
import { serving } from './serving.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'portico' },
    seconds: { type: 'string', default: '12' },
    scripts: { type: 'string', default: '32' },
  },
})
const count = Number(values.scripts)
const sleepMs = 3000

/** One that asks for the sleeping script again and again. */
async function sleeper(port, state) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (!state.stopped) {
    const right = await new Promise((resolve) => {
      const request = get({ port, host: '127.0.0.1', path: '/cgi-bin/slow.sh', agent }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode === 200))
      })
      request.on('error', () => resolve(false))
    })
    state.answers++
    if (!right) state.wrong++
  }
  agent.destroy()
}

async function asleep(port) {
  const state = { stopped: false, answers: 0, wrong: 0 }
  const all = []
  for (let n = 0; n < count; n++) {
    all.push(sleeper(port, state))
    await wait(sleepMs / count)
  }
  return async () => {
    state.stopped = true
    await Promise.all(all)
    return `${state.answers} answers, ${state.wrong} wrong`
  }
}

async function atWork(port) {
  const url = `http://127.0.0.1:${port}/cgi-bin/busy.py`
  const wrk = spawn('wrk', ['-t1', `-c${count}`, '-d600', '--timeout', '60', url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  wrk.stdout.setEncoding('latin1').on('data', (text) => {
    said += text
  })
  await wait(2000)
  return async () => {
    wrk.kill('SIGINT')
    await exited(wrk)
    return `${/([0-9]+) requests in/.exec(said)?.[1]} answers, ${/Non-2xx or 3xx responses: ([0-9]+)/.exec(said)?.[1] ?? 0} wrong`
  }
}

async function look(port, group, name, idle) {
  const others = watchOthers(group)
  const figures = await latencies(port, Number(values.seconds))
  const times = idle === undefined ? '' : `; p99 x ${(figures.p99 / idle.p99).toFixed(2)}`
  console.log(`  ${name.padEnd(8)} ${figures.text}${times}; others ${others().toFixed(1)} CPUs`)
  return figures
}

const site = writeSite()
try {
  for (const name of peersNamed(values.only)) {
    console.log(name)
    await serving(name, site, async ({ port, group }) => {
      await latencies(port, 1)
      const idle = await look(port, group, 'idle')
      for (const [what, begin] of Object.entries({ asleep, 'at work': atWork })) {
        const stop = await begin(port)
        await look(port, group, what, idle)
        console.log(`           ${await stop()}`)
      }
    })
  }
} finally {
  rmSync(site, { recursive: true, force: true })
}
