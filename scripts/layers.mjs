// Checks that imports in src and in python/portico_worker point down the rows of layers.json and that no cycle exists.
// Type-only imports count as well: a layer that must know a type from above is in the wrong place. Inside a folder of Python
// they may go either way, since nothing but a reader looks at them.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const layers = JSON.parse(readFileSync(new URL('./layers.json', import.meta.url), 'utf8'))
const problems = []

/** An import: of which file, and whether it counts for cycles. */
function importsOfTypescript(root, file) {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) => ({
    target: relative(root, normalize(join(root, dirname(file), path))),
    isBinding: true,
  }))
}

/** What stands in a function or below TYPE_CHECKING is indented, and binds no file to another. */
function importsOfPython(root, file, files) {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(/^([ \t]*)from (\.+)([\w.]*) import (\(?[\w, \n]+)/gm)
  return [...found].flatMap(([, indent, dots, path, names]) => {
    const folder = join(dirname(file), '../'.repeat(dots.length - 1), path.replaceAll('.', '/'))
    const modules = names
      .split(',')
      .map((name) => join(folder, `${name.replace('(', '').trim().split(' ')[0]}.py`))
    const targets = files.includes(`${folder}.py`) ? [`${folder}.py`] : modules
    return targets.map((target) => ({ target, isBinding: indent === '' }))
  })
}

function check({ root, suffix, rows, rootLayer, importsOf }) {
  const rowOf = new Map(rows.flatMap((row, index) => row.map((name) => [name, index])))
  const layerOf = (file) => (file.includes('/') ? file.split('/')[0] : (rootLayer(file) ?? layers.root))
  const files = readdirSync(root, { recursive: true }).filter(
    (f) => f.endsWith(suffix) && !f.endsWith('.test.ts'),
  )
  const bindings = new Map()
  for (const file of files) {
    const imports = importsOf(root, file, files)
    bindings.set(
      file,
      imports.filter(({ isBinding }) => isBinding).map(({ target }) => target),
    )
    const from = layerOf(file)
    if (!rowOf.has(from)) problems.push(`${file}: folder "${from}" stands in no row of scripts/layers.json`)
    for (const { target } of imports) {
      const to = layerOf(target)
      if (from !== to && !(rowOf.get(from) < rowOf.get(to)))
        problems.push(`${file} imports ${target}: ${from} may not import ${to}`)
    }
  }
  findCycles(bindings)
  return files.length
}

function findCycles(imports) {
  const done = new Set()
  const path = []
  const visit = (file) => {
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
  for (const file of imports.keys()) visit(file)
}

const checked =
  check({
    root: new URL('../src', import.meta.url).pathname,
    suffix: '.ts',
    rows: layers.rows,
    rootLayer: () => undefined,
    importsOf: importsOfTypescript,
  }) +
  check({
    root: new URL('../python/portico_worker', import.meta.url).pathname,
    suffix: '.py',
    rows: layers.pythonRows,
    rootLayer: (file) => (file === '__main__.py' ? '__main__' : undefined),
    importsOf: importsOfPython,
  })

for (const problem of problems) console.error(problem)
console.error(`layers: ${checked} files, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
