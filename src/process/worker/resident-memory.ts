// How much memory a process has resident: VmRSS of proc(5). Linux; elsewhere nothing is known.

import { readFile } from 'node:fs/promises'

/** Octets; undefined when the process is gone or the system does not tell. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/status`, 'latin1')
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}
