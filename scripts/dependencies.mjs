// Compares the runtime dependencies of package.json with the table of docs/decisions/001-dependencies.md (H13).
import { readFileSync } from 'node:fs'

const page = 'docs/decisions/001-dependencies.md'
const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const { dependencies = {}, optionalDependencies = {} } = JSON.parse(read('package.json'))
const declared = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)])
const argued = new Set([...read(page).matchAll(/^\|\s*`([^`]+)`\s*\|/gm)].map((row) => row[1]))

const problems = [
  ...[...declared]
    .filter((name) => !argued.has(name))
    .map((name) => `${name} is in package.json, not in ${page}`),
  ...[...argued]
    .filter((name) => !declared.has(name))
    .map((name) => `${name} is in ${page}, not in package.json`),
]
for (const problem of problems) console.error(problem)
console.error(`dependencies: ${declared.size} declared, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
