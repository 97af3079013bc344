// Which name in a Python file is the WSGI application. Pure: decides on the facts of source_probe.py.

import type { SourceBinding, SourceFile } from './source-report.ts'

export type Framework = 'flask' | 'cherrypy' | 'wsgi'

export type Callable =
  | {
      readonly kind: 'callable'
      readonly name: string
      readonly framework: Framework
      readonly because: string
    }
  /** A program that starts CherryPy's server itself; served through cherrypy_tree.py. */
  | { readonly kind: 'cherrypy-program'; readonly because: string }
  | { readonly kind: 'asgi'; readonly name: string; readonly of: string }
  | { readonly kind: 'none' }

/** Calls whose result is a WSGI application. */
const makers: Readonly<Record<string, Framework>> = {
  'flask.Flask': 'flask',
  'cherrypy.Application': 'cherrypy',
  'cherrypy.tree.mount': 'cherrypy',
  'bottle.Bottle': 'wsgi',
  'bottle.default_app': 'wsgi',
  'falcon.App': 'wsgi',
  'falcon.API': 'wsgi',
  'django.core.wsgi.get_wsgi_application': 'wsgi',
  'pyramid.paster.get_app': 'wsgi',
  'web.application': 'wsgi',
}
const asgiMakers =
  /(^|\.)(FastAPI|Starlette|Quart|Sanic|Litestar|BlackSheep|get_asgi_application|ASGIApplication)$/
/** Common meanings of "app" that are no web applications. */
const otherMakers =
  /(^|\.)(Typer|Celery|QApplication|QGuiApplication|Tk|CTk|ArgumentParser|Group|Application\.builder)$/
const factories = ['create_app', 'make_app', 'create_application', 'application_factory']
const usualNames = ['application', 'app']

export function findCallable(source: SourceFile): Callable {
  const bindings = source.bindings ?? {}
  const calls = source.calls ?? []
  const isCherrypy = (source.imports ?? []).includes('cherrypy')
  const blocks = calls.find(
    ({ name, where }) => where === 'import' && /^cherrypy\.(quickstart|engine\.block)$/.test(name),
  )
  if (blocks) return { kind: 'cherrypy-program', because: `it calls ${blocks.name}() when it is imported` }
  for (const name of usualNames) {
    const binding = bindings[name]
    const verdict = binding ? judge(name, binding, bindings) : 'no'
    if (binding && verdict === 'asgi') return { kind: 'asgi', name, of: binding.of ?? name }
    if (verdict === 'yes') return callable(name, source, `it defines "${name}"`)
  }
  const made = Object.entries(bindings).find(
    ([, { kind, of }]) => kind === 'call' && of && Object.hasOwn(makers, of),
  )
  if (made) return callable(made[0], source, `"${made[0]}" is made by ${made[1].of ?? ''}()`)
  const factory = factories.find(
    (name) => bindings[name]?.kind === 'function' && bindings[name]?.needed === 0,
  )
  if (factory) return callable(`${factory}()`, source, `it defines the factory "${factory}"`)
  const start = isCherrypy ? calls.find(({ name }) => name.startsWith('cherrypy.')) : undefined
  if (start) return { kind: 'cherrypy-program', because: `it calls ${start.name}()` }
  return { kind: 'none' }
}

/** True when the file holds a web application for sure, not only a likely name. */
export function isCertain(source: SourceFile): boolean {
  const made = Object.values(source.bindings ?? {}).some(({ of }) => of && Object.hasOwn(makers, of))
  const starts = (source.calls ?? []).some(({ name }) => name.startsWith('cherrypy.'))
  const isFlask = (source.imports ?? []).includes('flask')
  return made || starts || (isFlask && factories.some((name) => bindingKind(source, name) === 'function'))
}

/** True when importing the file would start Flask's own server and never return. */
export function runsFlaskOnImport(source: SourceFile): boolean {
  return (source.calls ?? []).some(({ name, where }) => where === 'import' && !name.startsWith('cherrypy.'))
}

function bindingKind(source: SourceFile, name: string): string | undefined {
  return source.bindings?.[name]?.kind
}

function callable(name: string, source: SourceFile, because: string): Callable {
  const of = source.bindings?.[name]?.of ?? ''
  // web.py's application is no callable; its method makes one.
  if (of === 'web.application')
    return { kind: 'callable', name: `${name}.wsgifunc()`, framework: 'wsgi', because }
  const imports = source.imports ?? []
  const known = Object.hasOwn(makers, of) ? makers[of] : undefined
  const framework =
    known ?? (imports.includes('flask') ? 'flask' : imports.includes('cherrypy') ? 'cherrypy' : 'wsgi')
  return { kind: 'callable', name, framework, because }
}

function judge(
  name: string,
  binding: SourceBinding,
  bindings: Readonly<Record<string, SourceBinding>>,
): 'yes' | 'no' | 'asgi' {
  const of = binding.of ?? ''
  switch (binding.kind) {
    case 'async function':
      return 'asgi'
    case 'function':
      if (binding.variable === true || binding.positional === 2) return 'yes'
      return binding.needed === 3 ? 'asgi' : 'no'
    case 'call':
      if (asgiMakers.test(of)) return 'asgi'
      return otherMakers.test(of) ? 'no' : 'yes'
    case 'import':
      // `import app` binds a module; `from shop import app` most likely the application.
      return of.includes('.') ? 'yes' : 'no'
    case 'class':
      return name === 'application' ? 'yes' : 'no'
    case 'other':
      return of !== '' || (name === 'application' && Object.keys(bindings).length > 1) ? 'yes' : 'no'
  }
}
