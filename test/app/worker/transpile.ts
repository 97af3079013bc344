// Turns a module of src and what it imports into JavaScript in a temporary directory, for tests that need a second
// Node process: types are stripped and nothing checked, so it takes half a second and no build.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

const source = new URL('../../../src', import.meta.url).pathname

/** Path of the JavaScript module for `entry`, which is relative to src. */
export function transpile(entry: string, directory: string): string {
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  const waiting = [entry]
  const done = new Set<string>()
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (done.has(file)) continue
    done.add(file)
    const { outputText } = ts.transpileModule(readFileSync(join(source, file), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    })
    const target = join(directory, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
    for (const [, path] of outputText.matchAll(/from ["'](\.[^"']+)\.js["']/g)) {
      waiting.push(relative(source, join(source, dirname(file), `${path}.ts`)))
    }
  }
  return join(directory, entry.replace(/\.ts$/, '.js'))
}
