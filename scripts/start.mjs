// `npm start`: prepares what is needed and serves the tour in examples/tour.
// Arguments go on to the server: npm start -- --listen 127.0.0.1:8001
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { giveUp, onPath, prepare, pythonMissing, root } from './prepare.mjs'
import { endings } from './run.mjs'

// One Ctrl-C reaches us twice, from the terminal and from npm; a second press comes later than this.
const samePressMs = 500

await prepare()
if (onPath('python3') === undefined) giveUp(pythonMissing)
const args = ['bin/portico.js', 'serve', 'examples/tour', ...process.argv.slice(2)]
console.error(`portico: node ${args.join(' ')}`)

// A process group of its own keeps the terminal's Ctrl-C from the server: a second signal would stop it at once.
const server = spawn(process.execPath, [join(root, args[0]), ...args.slice(1)], {
  cwd: root,
  stdio: 'inherit',
  detached: true,
})

let forwardedMs = Number.NEGATIVE_INFINITY
function forward(signal) {
  const nowMs = performance.now()
  if (nowMs - forwardedMs < samePressMs) return
  forwardedMs = nowMs
  // A terminal that closes ends the server; for the server itself SIGHUP means reload.
  server.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
}
for (const signal of Object.keys(endings)) {
  process.removeAllListeners(signal)
  process.on(signal, () => forward(signal))
}

server.on('error', (error) => giveUp(`portico: the server could not be started: ${error.message}`))
server.on('exit', (code, signal) => process.exit(code ?? 128 + (endings[signal] ?? 9)))
