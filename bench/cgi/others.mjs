// How much of the machine others have had during a measurement: a rate says little when they had half of it.

import { readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** CPU seconds in which the machine did not idle. */
function busySeconds() {
  const [line] = readFileSync('/proc/stat', 'latin1').split('\n')
  const [user, nice, system, , , irq, softirq] = line.trim().split(/\s+/).slice(1).map(Number)
  return (user + nice + system + irq + softirq) / ticksPerSecond
}

/** Of this process and the children it has waited for, wrk among them. */
function ownSeconds() {
  const text = readFileSync('/proc/self/stat', 'latin1')
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
  return fields.reduce((sum, field) => sum + Number(field), 0) / ticksPerSecond
}

/** Begins now; the answer is a function that tells how many CPUs others have used since, on average. */
export function watchOthers(group) {
  const time = performance.now()
  const before = busySeconds() - ownSeconds() - group.seconds
  return () => {
    const spent = busySeconds() - ownSeconds() - group.seconds - before
    return Math.max(0, spent / ((performance.now() - time) / 1000))
  }
}
