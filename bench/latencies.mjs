// How long a small answer takes, asked for again and again on one kept connection.

import { Agent, get } from 'node:http'

function small(port, agent) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/', agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(performance.now() - began))
    }).on('error', reject)
  })
}

/** Asks for `/` every 10 ms; the percentiles in ms, and as a text. */
export async function latencies(port, seconds) {
  const agent = new Agent({ keepAlive: true })
  const times = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    times.push(await small(port, agent))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))]
  const [median, p99, worst] = [at(0.5), at(0.99), at(1)]
  const figures = [median, p99, worst].map((ms) => ms.toFixed(2))
  const text = `median ${figures[0]} ms, p99 ${figures[1]} ms, worst ${figures[2]} ms of ${times.length}`
  return { median, p99, worst, text }
}
