// What the application of these tests says about itself.

import { within } from '../../double/socket.ts'

const askMs = 10_000
const untilMs = 30_000
const pauseMs = 20

export async function askText(url: string): Promise<string> {
  const response = await within(askMs, fetch(url), `an answer from ${url}`)
  return response.text()
}

/** Asks for its counts until they match. */
export async function untilCounts(url: string, wanted: RegExp): Promise<string> {
  const until = performance.now() + untilMs
  for (;;) {
    const counts = await askText(`${url}/counts`)
    if (wanted.test(counts)) return counts
    if (performance.now() > until) throw new Error(`the counts are "${counts}", not ${wanted}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
