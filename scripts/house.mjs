// The house rules that a machine can check: names (H1), sizes (H2), header comments (H3), words (H4).
// Prints warnings too, but only problems fail.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { root } from './prepare.mjs'

const folders = ['src', 'test', 'scripts', 'bench', 'python']
const vagueName = /^(utils?|helpers?|common|misc|types?|managers?)$/
const problemLines = 400
const warningLines = 250
const headerLines = 6
// Words that DESIGN section 3 has another word for; looked for as whole words inside identifiers.
const bannedWords =
  /(?<![a-zA-Z])(envVars?|cgiEnv|payloads?|kv|drivers?|connectors?|middlewares?|controllers?|transports?|upstreams?)(?![a-z])|(?<=[a-z])(EnvVars?|CgiEnv|Payloads?|Kv|Drivers?|Connectors?|Middlewares?|Controllers?|Transports?|Upstreams?)(?![a-z])/g
// Words that belong to the platform, not to us.
const platformNames = /\bAbortController\b|\bReadableStreamDefaultController\b/g

const problems = []
const warnings = []

const files = folders
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
  .filter((file) => /\.(ts|mjs|py)$/.test(file) && !file.includes('__pycache__'))

for (const file of files) {
  for (const part of [
    ...file.split('/').slice(1, -1),
    basename(file, extname(file)).replace(/\.test$/, ''),
  ]) {
    if (vagueName.test(part)) problems.push(`${file}: "${part}" says nothing; name the file by its noun (H1)`)
  }
}

const sources = files.filter((file) => /^src\/.*\.ts$/.test(file) && !file.endsWith('.test.ts'))
const texts = new Map(sources.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
const sizes = []
for (const [file, text] of texts) {
  const lines = text.split('\n').length - 1
  sizes.push(lines)
  if (lines > problemLines) problems.push(`${file}: ${lines} lines, at most ${problemLines} (H2)`)
  else if (lines > warningLines) warnings.push(`${file}: ${lines} lines, review above ${warningLines} (H2)`)
  checkHeader(file, text)
  checkWords(file, text)
}
for (const file of files.filter((name) => /^scripts\/.*\.mjs$/.test(name))) {
  checkHeader(file, readFileSync(join(root, file), 'utf8'))
}

function checkHeader(file, text) {
  const end = text.split('\n').findIndex((line) => !line.startsWith('//'))
  if (end < 1 || end > headerLines)
    problems.push(`${file}: starts with a comment of 1 to ${headerLines} lines (H3)`)
}

function checkWords(file, text) {
  const code = withoutCommentsAndTexts(text).replace(platformNames, '')
  for (const [index, line] of code.split('\n').entries()) {
    for (const [word] of line.matchAll(bannedWords))
      problems.push(`${file}:${index + 1}: "${word}" is not our word (H4)`)
  }
}

/** The code alone, line for line. Texts of one line and comments become blanks; good enough for names. */
function withoutCommentsAndTexts(text) {
  const blank = (found) => found.replace(/[^\n]/g, ' ')
  return text.replace(/\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*/g, blank)
}

sizes.sort((a, b) => a - b)
const share = (part) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * part))] ?? 0
for (const line of [...problems, ...warnings.map((warning) => `warning: ${warning}`)]) console.error(line)
console.error(
  `house: ${sizes.length} source files, lines: median ${share(0.5)}, p90 ${share(0.9)}, max ${share(1)}; ` +
    `${problems.length} problems, ${warnings.length} warnings`,
)
process.exitCode = problems.length > 0 ? 1 : 0
