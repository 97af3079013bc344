import { describe, expect, it } from 'vitest'
import { findCallable, isCertain, runsFlaskOnImport } from './callable.ts'
import type { SourceBinding, SourceFile } from './source-report.ts'

function source(
  bindings: Readonly<Record<string, SourceBinding>>,
  rest: Partial<SourceFile> = {},
): SourceFile {
  return { file: 'app.py', imports: [], bindings, calls: [], ...rest }
}

const flask: SourceBinding = { kind: 'call', of: 'flask.Flask' }

describe('findCallable', () => {
  it('prefers application to app, and both to other names', () => {
    expect(findCallable(source({ other: flask, app: flask, application: flask }))).toMatchObject({
      name: 'application',
    })
    expect(findCallable(source({ other: flask, app: flask }))).toMatchObject({
      name: 'app',
      framework: 'flask',
    })
    expect(findCallable(source({ other: flask }))).toMatchObject({ name: 'other' })
  })

  it('takes a factory only when it needs no argument', () => {
    const factory = (needed: number) => source({ create_app: { kind: 'function', needed, positional: 1 } })
    expect(findCallable(factory(0))).toMatchObject({ kind: 'callable', name: 'create_app()' })
    expect(findCallable(factory(1))).toEqual({ kind: 'none' })
  })

  it('asks an application of web.py for its callable', () => {
    const bindings = { app: { kind: 'call', of: 'web.application' } } as const
    expect(findCallable(source(bindings))).toMatchObject({ kind: 'callable', name: 'app.wsgifunc()' })
  })

  it('tells ASGI from WSGI', () => {
    expect(findCallable(source({ app: { kind: 'call', of: 'fastapi.FastAPI' } })).kind).toBe('asgi')
    expect(findCallable(source({ app: { kind: 'async function', positional: 3 } })).kind).toBe('asgi')
    expect(findCallable(source({ app: { kind: 'function', positional: 3, needed: 3 } })).kind).toBe('asgi')
    expect(findCallable(source({ app: { kind: 'function', positional: 2, needed: 2 } })).kind).toBe(
      'callable',
    )
  })

  it('passes over names that mean something else', () => {
    expect(findCallable(source({ app: { kind: 'call', of: 'typer.Typer' } }))).toEqual({ kind: 'none' })
    expect(findCallable(source({ app: { kind: 'import', of: 'app' } }))).toEqual({ kind: 'none' })
    expect(findCallable(source({ app: { kind: 'other', of: null } }))).toEqual({ kind: 'none' })
    expect(findCallable(source({ app: { kind: 'class' } }))).toEqual({ kind: 'none' })
  })

  it('runs a file as a program when importing it would start the server of CherryPy', () => {
    const calls = [{ name: 'cherrypy.quickstart', where: 'import' }] as const
    const bindings = { application: { kind: 'call', of: 'cherrypy.Application' } } as const
    expect(findCallable(source(bindings, { imports: ['cherrypy'], calls }))).toMatchObject({
      kind: 'cherrypy-program',
    })
  })
})

describe('isCertain', () => {
  it('asks for more than a likely name', () => {
    expect(isCertain(source({ app: { kind: 'call', of: 'make' } }))).toBe(false)
    expect(isCertain(source({ web: flask }))).toBe(true)
    expect(isCertain(source({ create_app: { kind: 'function' } }, { imports: ['flask'] }))).toBe(true)
  })
})

describe('runsFlaskOnImport', () => {
  it('minds run() outside the main block only', () => {
    expect(runsFlaskOnImport(source({}, { calls: [{ name: 'app.run', where: 'main' }] }))).toBe(false)
    expect(runsFlaskOnImport(source({}, { calls: [{ name: 'app.run', where: 'import' }] }))).toBe(true)
  })
})
