// `npm run fuzz -- [--inputs N] [--seed N]`: the HTTP/1.1 engine beside llhttp, and the decoders of the wires, with as
// many inputs each. The seed is a new one unless it is given; what a run prints is enough to have it again.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { giveUp, onPath, prepare, program, pythonMissing, root } from './prepare.mjs'
import { run } from './run.mjs'

const wholeMs = 3_600_000
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
})
const inputs = wholeNumber('--inputs', values.inputs)
const seed = wholeNumber('--seed', values.seed ?? String(randomInt(1, 2 ** 31)))

function wholeNumber(name, text) {
  if (!/^[0-9]{1,10}$/.test(text)) giveUp(`${name} is a whole number, not ${text}`)
  return Number(text)
}

await prepare()
const env = { PORTICO_FUZZ_INPUTS: String(inputs), PORTICO_FUZZ_SEED: String(seed) }
const options = { cwd: root, deadlineMs: wholeMs, show: true }
console.log(`seed ${seed}`)
const ours = await run(program('vitest'), ['run', '--project', 'fuzz'], { ...options, env })
const python = onPath('python3') ?? giveUp(pythonMissing)
const args = ['-m', 'unittest', 'tests.test_records.RecordDecoderFuzz']
const theirs = await run(python, args, { ...options, cwd: `${root}/python`, env })
process.exitCode = ours.ok && theirs.ok ? 0 : 1
