// Memory while 50 clients read a 100 MB answer at 10 kB/s: a file, and an application's list, generator and wrapped file.
// node bench/slow/large.mjs [--readers 50] [--rate 10000] [--seconds 20]
// Prints memory of the HTTP process and of the whole tree before, while and after, and how many octets wait on the disk.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { processTree, residentKib } from '../process-tree.mjs'
import { exited, freePort, untilAnswers } from '../running.mjs'
import { slowReader } from './slow-reader.mjs'

const { values } = parseArgs({
  options: {
    readers: { type: 'string', default: '50' },
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '20' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
const large = join(directory, 'files/large.bin')
for (const name of ['run', 'files', 'spool']) mkdirSync(join(directory, name))
writeFileSync(large, Buffer.alloc(1600 * 65536, 'x'))
const port = await freePort()
writeFileSync(
  join(directory, 'portico.yaml'),
  [
    `listen: ["127.0.0.1:${port}"]`,
    `runtime: ${join(directory, 'run')}`,
    `log: { access: off, error: ${join(directory, 'error.log')} }`,
    `spool: { directory: ${join(directory, 'spool')}, total: 8GiB }`,
    'applications:',
    `  app: { wsgi: "app:application", directory: ${here}, processes: 2, threads: 4, environment: { LARGE_FILE: ${large} } }`,
    `mounts: { /: app, /files: { files: ${join(directory, 'files')} } }`,
  ].join('\n'),
)
const program = join(here, '../../bin/portico.js')
const server = spawn(process.execPath, [program, 'serve', join(directory, 'portico.yaml')], {
  stdio: 'ignore',
})
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
const free = () => {
  const { bavail, bsize } = statfsSync(directory)
  return (bavail * bsize) / 1024 / 1024
}

function memory() {
  const http = processTree(server.pid).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('http-main'),
  )
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${http}/status`, 'latin1'))?.[1])
  return `HTTP process ${(own / 1024).toFixed(0)} MiB, all ${(residentKib(server.pid) / 1024).toFixed(0)} MiB`
}

try {
  await untilAnswers(port)
  for (const path of ['/files/large.bin', '/list', '/generator', '/wrapped']) {
    await wait(2)
    const room = free()
    console.log(`${path.padEnd(17)} before: ${memory()}`)
    const readers = Array.from({ length: Number(values.readers) }, () =>
      slowReader(port, path, Number(values.rate)),
    )
    await wait(Number(values.seconds))
    const reading = readers.filter(({ received }) => received > 0).length
    const waiting = Math.max(0, room - free()).toFixed(0)
    console.log(
      `${''.padEnd(17)} while:  ${memory()}; ${reading} are being answered, ${waiting} MiB on the disk`,
    )
    for (const { socket, timer } of readers) {
      clearInterval(timer)
      socket.destroy()
    }
    await wait(3)
    console.log(`${''.padEnd(17)} after:  ${memory()}`)
  }
} finally {
  server.kill('SIGTERM')
  await exited(server)
  rmSync(directory, { recursive: true, force: true })
}
