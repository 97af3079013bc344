// A WSGI application in the Python files of a directory: the usual names first, then packages and other files
// that hold one for sure. The files are read, never run.

import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import type { Callable } from './callable.ts'
import { findCallable, isCertain, runsFlaskOnImport } from './callable.ts'
import type { DetectedApplication, Detection, DetectionResult, Environment } from './detection.ts'
import { isDirectory, isFile, namesIn } from './directory.ts'
import { candidatePythons, environmentHint, pythonStep, spellPython } from './interpreter.ts'
import { probePath, runProbe } from './probe.ts'
import type { SourceFile, SourceReport } from './source-report.ts'

/** In the order in which they are looked at. */
export const usualFiles = ['passenger_wsgi.py', 'wsgi.py', 'app.py', 'application.py', 'main.py']
const frameworks = ['django', 'flask', 'cherrypy', 'bottle', 'falcon', 'pyramid', 'web']
const maxFiles = 60
const maxFileBytes = 1024 * 1024
const identifier = /^[A-Za-z_]\w*$/

/** Undefined when no file holds an application. */
export async function detectPythonFiles(
  directory: string,
  environment: Environment,
  identity: Identity | null,
): Promise<DetectionResult | undefined> {
  const files = pythonFiles(directory)
  if (files.length === 0) return undefined
  const candidates = candidatePythons(directory, environment, identity)
  const surroundings = { directory, environment, identity, candidates }
  const report = await readSources(files, surroundings)
  if (report === undefined) {
    return failed(
      `${files.join(', ')} found, but no Python interpreter`,
      'Install python3, or make a virtual environment in .venv',
    )
  }
  const choice = choose(report.files)
  if (choice === undefined) return undefined
  if (choice.kind === 'failed') return choice
  return found(choice.source, choice.callable, surroundings)
}

/** Names that may hold an application: usual files, packages, other files of moderate size. */
function pythonFiles(directory: string): readonly string[] {
  const names = namesIn(directory)
  const usual = usualFiles.filter((name) => isFile(directory, name))
  const packages = names.filter((name) => identifier.test(name) && isDirectory(directory, name))
  const inits = packages.map((name) => `${name}/__init__.py`).filter((name) => isFile(directory, name))
  const others = names.filter(
    (name) => name.endsWith('.py') && !usualFiles.includes(name) && isFile(directory, name),
  )
  const small = [...inits, ...others].filter((name) => statSync(join(directory, name)).size <= maxFileBytes)
  return [...usual, ...small.slice(0, maxFiles)]
}

async function readSources(
  files: readonly string[],
  { candidates, ...where }: Surroundings,
): Promise<SourceReport | undefined> {
  for (const python of candidates) {
    const answer = await runProbe({
      ...where,
      python,
      probe: 'source_probe.py',
      arguments: [...files, '--'],
    })
    if (answer.kind === 'ok') return answer.value as unknown as SourceReport // the shape that source_probe.py prints
  }
  return undefined
}

type Served = Exclude<Callable, { kind: 'none' } | { kind: 'asgi' }>
type Choice =
  | { readonly kind: 'chosen'; readonly source: SourceFile; readonly callable: Served }
  | Extract<DetectionResult, { kind: 'failed' }>

function choose(files: readonly SourceFile[]): Choice | undefined {
  let refused: Choice | undefined
  for (const source of files.filter(({ file }) => usualFiles.includes(file))) {
    if (source.error !== undefined) {
      refused ??= failed(
        `${source.file} is not valid Python: ${source.error}`,
        'Correct it, or name another: portico serve module:callable',
      )
      continue
    }
    const callable = findCallable(source)
    if (callable.kind === 'asgi') {
      const hint = 'Portico serves WSGI applications; put an ASGI server such as uvicorn in its place for now'
      refused ??= failed(
        `${source.file} holds an ASGI application ("${callable.name}" is ${callable.of}): ASGI is not in this version of Portico yet`,
        hint,
      )
    } else if (callable.kind !== 'none') return { kind: 'chosen', source, callable }
  }
  const others = files
    .filter((source) => !usualFiles.includes(source.file) && isCertain(source))
    .map((source) => ({ source, callable: findCallable(source) }))
    .flatMap(({ source, callable }) =>
      callable.kind === 'callable' || callable.kind === 'cherrypy-program' ? [{ source, callable }] : [],
    )
  const [first, second] = others
  if (first && !second) return { kind: 'chosen', ...first }
  if (first && second) {
    const names = others.map(({ source }) => source.file).join(', ')
    return failed(
      `several files hold an application: ${names}`,
      'Say which one: portico serve module:callable',
    )
  }
  return refused
}

interface Surroundings {
  readonly directory: string
  readonly environment: Environment
  readonly identity: Identity | null
  readonly candidates: readonly string[]
}

async function found(
  source: SourceFile,
  callable: Served,
  surroundings: Surroundings,
): Promise<DetectionResult> {
  const { candidates } = surroundings
  const need = frameworks.filter((name) => source.imports?.includes(name))
  const python = await pythonWith(need, surroundings)
  if (python === undefined) {
    const names = need.join(' and ')
    const make = `Make a virtual environment: python3 -m venv .venv && .venv/bin/pip install ${need.join(' ')}`
    const hint = environmentHint(surroundings.directory, make)
    return failed(
      `${source.file} needs ${names}, but no interpreter can import it (tried ${candidates.join(', ')})`,
      hint,
    )
  }
  const steps: string[] = []
  const application: DetectedApplication = {
    ...applicationOf(source, callable, steps),
    ...spellPython(python, candidates),
  }
  steps.push(pythonStep(python, candidates, need.join(' and ')))
  const kind: Detection['kind'] = callable.kind === 'callable' ? callable.framework : 'cherrypy'
  return {
    kind: 'found',
    detection: { kind, steps, configuration: { applications: { app: application }, mounts: { '/': 'app' } } },
  }
}

async function pythonWith(
  need: readonly string[],
  { candidates, ...where }: Surroundings,
): Promise<string | undefined> {
  for (const python of candidates) {
    const answer = await runProbe({ ...where, python, probe: 'source_probe.py', arguments: ['--', ...need] })
    if (answer.kind !== 'ok') continue
    const { packages } = answer.value as unknown as SourceReport // the shape that source_probe.py prints
    if (need.every((name) => packages[name] === true)) return python
  }
  return undefined
}

function applicationOf(source: SourceFile, callable: Served, steps: string[]): DetectedApplication {
  const { file } = source
  if (callable.kind === 'cherrypy-program') {
    steps.push(`CherryPy: ${file}, because ${callable.because}`)
    steps.push(`${file} runs once as a program, without CherryPy's own server; Portico serves cherrypy.tree`)
    steps.push(
      'one process with 10 threads, as CherryPy itself runs it: such a program may keep sessions in memory',
    )
    const environment = { PORTICO_CHERRYPY_PROGRAM: file }
    return { wsgi: probePath('cherrypy_tree.py'), processes: 1, threads: 10, environment }
  }
  const module = file.endsWith('/__init__.py') ? file.split('/')[0] : basename(file, '.py')
  // A file whose name is no identifier cannot be imported by name.
  const wsgi = `${identifier.test(module ?? '') ? module : file}:${callable.name}`
  const title = { flask: 'Flask', cherrypy: 'CherryPy', wsgi: 'WSGI' }[callable.framework]
  steps.push(`${title}: ${wsgi}, because ${file} is there and ${callable.because}`)
  if (!runsFlaskOnImport(source)) return { wsgi }
  steps.push(
    `${file} calls run() when it is imported: ignored (FLASK_RUN_FROM_CLI); put it below if __name__ == '__main__'`,
  )
  return { wsgi, environment: { FLASK_RUN_FROM_CLI: 'true' } }
}

function failed(message: string, hint: string): Extract<DetectionResult, { kind: 'failed' }> {
  return { kind: 'failed', message, hint, details: '' }
}
