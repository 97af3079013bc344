// Checks that imports in src point down the rows of layers.json and that no cycle exists.
// Type-only imports count as well: a layer that must know a type from above is in the wrong place.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const root = new URL('../src', import.meta.url).pathname
const { rows, root: rootLayer } = JSON.parse(readFileSync(new URL('./layers.json', import.meta.url), 'utf8'))
const rowOf = new Map(rows.flatMap((row, index) => row.map((name) => [name, index])))
const problems = []

const files = readdirSync(root, { recursive: true }).filter(
  (f) => f.endsWith('.ts') && !f.endsWith('.test.ts'),
)
const layerOf = (file) => (file.includes('/') ? file.split('/')[0] : rootLayer)
const imports = new Map()

for (const file of files) {
  const text = readFileSync(join(root, file), 'utf8')
  const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((m) =>
    relative(root, normalize(join(root, dirname(file), m[1]))),
  )
  imports.set(file, targets)
  const from = layerOf(file)
  if (!rowOf.has(from)) problems.push(`${file}: folder "${from}" stands in no row of scripts/layers.json`)
  for (const target of targets) {
    const to = layerOf(target)
    if (from !== to && !(rowOf.get(from) < rowOf.get(to)))
      problems.push(`${file} imports ${target}: ${from} may not import ${to}`)
  }
}

const done = new Set()
const path = []
function visit(file) {
  if (done.has(file)) return
  const at = path.indexOf(file)
  if (at >= 0) {
    problems.push(`import cycle: ${[...path.slice(at), file].join(' -> ')}`)
    return
  }
  path.push(file)
  for (const target of imports.get(file) ?? []) visit(target)
  path.pop()
  done.add(file)
}
for (const file of files) visit(file)

for (const problem of problems) console.error(problem)
console.error(`layers: ${files.length} files, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
