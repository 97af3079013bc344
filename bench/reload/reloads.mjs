// Reloads of a Django application under load: how many requests are lost, and whether a connection ever sees older code again.
// node bench/reload/reloads.mjs [--reloads 100] [--connections 16] [--mode daemon] [--configuration]
// wrk makes the load; eight connections of our own look at the version that each answer names. With --configuration each
// reload changes portico.yaml, too, so that the HTTP process is replaced.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { exited, freePort, untilAnswers } from '../running.mjs'

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '100' },
    connections: { type: 'string', default: '16' },
    mode: { type: 'string', default: 'daemon' },
    configuration: { type: 'boolean', default: false },
  },
})
const reloads = Number(values.reloads)
const watchers = 8
const patienceMs = 60_000

const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
mkdirSync(join(directory, 'run'))
const python = '/usr/bin/python3'
spawnSync(python, ['-m', 'django', 'startproject', 'shop', directory], { stdio: 'inherit' })
const port = await freePort()

function writeVersion(n) {
  const view = `from django.http import HttpResponse\nfrom django.urls import path\nVERSION = ${n}\n`
  const urls = "urlpatterns = [path('', lambda request: HttpResponse(str(VERSION)))]\n"
  // Django reads it with its first request: a worker must not meet half of it.
  writeFileSync(join(directory, 'urls.new'), view + urls)
  renameSync(join(directory, 'urls.new'), join(directory, 'shop/urls.py'))
}

function writeConfiguration(n) {
  writeFileSync(
    join(directory, 'portico.yaml'),
    [
      `listen: ["127.0.0.1:${port}"]`,
      `runtime: ${join(directory, 'run')}`,
      `log: { access: off, error: ${join(directory, 'error.log')} }`,
      `headers: { X-Round: "${n}" }`,
      'mounts:',
      `  /: { wsgi: shop.wsgi:application, python: ${python}, mode: ${values.mode}, processes: 2, threads: 4 }`,
    ].join('\n'),
  )
}

const log = () => readFileSync(join(directory, 'error.log'), 'utf8')
const count = (event) => log().split(` ${event} `).length - 1

async function reloaded(server) {
  const before = count('server.reloaded')
  const until = Date.now() + patienceMs
  server.kill('SIGHUP')
  while (count('server.reloaded') === before) {
    if (count('server.reload_refused') > 0 || Date.now() > until) throw new Error(log().slice(-2000))
    await wait(10)
  }
}

let watching = true
const outcome = { answers: 0, failed: [], backwards: 0 }

/** Asks over one connection at a time; on each the versions must never fall. */
async function watch() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const last = new WeakMap()
  while (watching) {
    await new Promise((resolve) => {
      const request = get({ port, host: '127.0.0.1', path: '/', agent }, (response) => {
        let body = ''
        response.on('data', (text) => (body += text))
        response.on('end', () => {
          outcome.answers++
          if (response.statusCode !== 200) outcome.failed.push(`${response.statusCode}`)
          else if (Number(body) < (last.get(request.socket) ?? 0)) outcome.backwards++
          else last.set(request.socket, Number(body))
          resolve()
        })
        response.on('error', (error) => resolve(outcome.failed.push(error.code)))
      })
      request.on('error', (error) => resolve(outcome.failed.push(error.code)))
    })
  }
  agent.destroy()
}

writeVersion(0)
writeConfiguration(0)
const program = join(dirname(fileURLToPath(import.meta.url)), '../../bin/portico.js')
const server = spawn(process.execPath, [program, 'serve', join(directory, 'portico.yaml')], {
  stdio: 'ignore',
})
try {
  await untilAnswers(port)
  const watched = Promise.all(Array.from({ length: watchers }, watch))
  const wrk = spawn('wrk', ['-t1', `-c${values.connections}`, '-d3600', `http://127.0.0.1:${port}/`])
  let said = ''
  wrk.stdout.on('data', (text) => (said += text))
  const began = Date.now()
  for (let n = 1; n <= reloads; n++) {
    writeVersion(n)
    if (values.configuration) writeConfiguration(n)
    await reloaded(server)
  }
  const took = (Date.now() - began) / 1000
  wrk.kill('SIGINT')
  await exited(wrk)
  watching = false
  await watched
  const requests = /([0-9]+) requests in/.exec(said)?.[1]
  const trouble = (said.match(/(Non-2xx or 3xx responses|Socket errors): .*/g) ?? []).join('; ')
  console.log(
    `${reloads} reloads in ${took.toFixed(1)} s, ${values.mode}${values.configuration ? ', with another configuration' : ''}`,
  )
  console.log(`wrk: ${requests} requests, ${trouble === '' ? 'none lost' : trouble}`)
  console.log(
    `watched: ${outcome.answers} answers, ${outcome.failed.length} failed ${[...new Set(outcome.failed)]}, ${outcome.backwards} older than one before on their connection`,
  )
} finally {
  server.kill('SIGTERM')
  await exited(server)
  rmSync(directory, { recursive: true, force: true })
}
