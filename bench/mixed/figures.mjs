// Memory, descriptors and threads of processes over time, and whether they grow.

import { readdirSync, readFileSync } from 'node:fs'

/** By how much the later half may be above the earlier one: at least so many, or this part of it. */
const slack = {
  rssMib: { least: 4, part: 0.05 },
  descriptors: { least: 12, part: 0.1 },
  threads: { least: 1, part: 0 },
}
export const figureNames = Object.keys(slack)

/** Of one process; undefined when it has ended. */
export function figuresOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const field = (name) => Number(new RegExp(`^${name}:\\s+([0-9]+)`, 'm').exec(status)?.[1] ?? 0)
    return {
      rssMib: Math.round(field('VmRSS') / 102.4) / 10,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: field('Threads'),
    }
  } catch {
    return undefined
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/**
 * The last three quarters of what was seen: the first quarter warms up. It grows when the median of their last third is above
 * that of their first third by more than the slack.
 */
export function verdict(name, values) {
  const seen = values.slice(Math.floor(values.length / 4))
  const third = Math.max(1, Math.floor(seen.length / 3))
  const [early, late] = [median(seen.slice(0, third)), median(seen.slice(-third))]
  const { least, part } = slack[name]
  const grows = late - early > Math.max(least, early * part)
  return { first: seen[0], last: seen.at(-1), most: Math.max(...seen), early, late, grows }
}
