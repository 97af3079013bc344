// One server of the comparison, started in a directory and a control group of its own.

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exited, freePort, untilAnswers } from '../running.mjs'
import { ControlGroup } from './control-group.mjs'
import { peers } from './peers.mjs'

const portico = join(dirname(fileURLToPath(import.meta.url)), '../../bin/portico.js')

/**
 * Runs `measure({ port, group, roots, directory })` on the server of that name. Its own TMPDIR is `tmp` below the directory,
 * and its spool, where it can be told, `spool`. `list` says how the servers are started.
 */
export async function serving(name, site, measure, list = peers) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
  chmodSync(directory, 0o755)
  for (const part of ['run', 'spool', 'tmp']) mkdirSync(join(directory, part))
  chmodSync(join(directory, 'tmp'), 0o1777)
  const port = await freePort()
  const { files, commands } = list({ port, directory, site, portico }).find((peer) => peer.name === name)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), `${text}\n`)
  const group = new ControlGroup()
  const env = { ...process.env, TMPDIR: join(directory, 'tmp') }
  const children = commands.map((command) => {
    const [program, ...args] = group.line(command)
    const child = spawn(program, args, { stdio: 'ignore', cwd: directory, env })
    group.add(child.pid)
    return child
  })
  try {
    await untilAnswers(port)
    return await measure({ port, group, roots: children.map((child) => child.pid), directory })
  } finally {
    for (const child of children) child.kill('SIGTERM')
    const late = setTimeout(() => group.remove(), 20_000)
    await Promise.all(children.map(exited))
    clearTimeout(late)
    await group.remove()
    rmSync(directory, { recursive: true, force: true })
  }
}
