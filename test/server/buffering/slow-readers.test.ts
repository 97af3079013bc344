import { readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { httpPid, residentKib, untilWorkers } from '../../double/processes.ts'
import type { RunningPortico } from '../../double/server.ts'
import { askText, untilCounts } from './ask-counts.ts'
import { startBuffering } from './buffering.ts'
import { SlowReader } from './slow-reader.ts'

function start(limits = '', spool = ''): Promise<RunningPortico> {
  return startBuffering({ lines: [`spool: { directory: ., ${spool} }`], limits })
}

/** Files without a name that a process holds open in this directory. */
function waitingFiles(pid: number, directory: string): number {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter((link) => link.startsWith(directory) && link.endsWith('(deleted)')).length
}

describe('slow readers', () => {
  it('hold no slot: all their answers are made, and others are served, while none of them reads', async () => {
    const server = await start()
    await untilWorkers(server, 1)
    const pid = httpPid(server)
    const before = residentKib(pid)
    const readers = Array.from({ length: 12 }, () => new SlowReader(server.port, '/output?20'))
    expect(await untilCounts(server.url, /closed=12/)).toContain('sent=240')
    expect(await askText(`${server.url}/pid`)).toMatch(/^[0-9]+$/)
    expect(waitingFiles(pid, server.directory)).toBe(12)
    // 240 MiB wait; were they in memory, it would have grown by as much.
    expect(residentKib(pid) - before).toBeLessThan(120 * 1024)
    expect(await Promise.all(readers.map((reader) => reader.blocks()))).toEqual(readers.map(() => 20))
    await eventually('no file', () => (waitingFiles(pid, server.directory) === 0 ? true : undefined))
  }, 90_000)

  it('get all of an answer that was finished by a worker that is gone since', async () => {
    const server = await start()
    const [worker = 0] = await untilWorkers(server, 1)
    const reader = new SlowReader(server.port, '/output?20')
    await untilCounts(server.url, /closed=1/)
    process.kill(worker, 'SIGKILL')
    await untilWorkers(server, 1)
    expect(await reader.blocks()).toBe(20)
  })

  it('are waited for at output_buffer, and then get the rest', async () => {
    const server = await start('output_buffer: 2MiB')
    const reader = new SlowReader(server.port, '/output?64')
    await untilCounts(server.url, /begun=1 sent=[1-9]/)
    // What is sent and not read fits into the limit, the sockets and the kernel's buffers: 64 blocks never do.
    await reader.connected()
    const counts = await untilCounts(server.url, /sent=[1-9]/)
    expect(counts).toContain('closed=0')
    expect(await reader.blocks()).toBe(64)
    await untilCounts(server.url, /sent=64 closed=1/)
  }, 90_000)

  it('are waited for when the spool is full, and its room is free again when they have gone', async () => {
    const server = await start('', 'total: 8MiB')
    await untilWorkers(server, 1)
    const pid = httpPid(server)
    const readers = [1, 2].map(() => new SlowReader(server.port, '/output?64'))
    await eventually('a file', () => (waitingFiles(pid, server.directory) > 0 ? true : undefined))
    for (const reader of readers) reader.leave()
    expect(await untilCounts(server.url, /begun=2 .* closed=2/)).not.toContain('sent=128')
    await eventually('no file', () => (waitingFiles(pid, server.directory) === 0 ? true : undefined))
    const body = Buffer.alloc(7 * 1_048_576)
    expect(await (await fetch(`${server.url}/whole`, { method: 'POST', body })).text()).toBe(
      String(body.length),
    )
  }, 90_000)
})
