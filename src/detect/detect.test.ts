// Real projects in temporary directories, with the Django, Flask and CherryPy of the system's Python.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { detect } from './detect.ts'
import type { Detection, DetectionResult } from './detection.ts'
import { probePath } from './probe.ts'

const python = '/usr/bin/python3'
/** Only the system's Python is seen, with nothing of the shell that runs the tests. */
const environment = { PATH: '/usr/bin:/bin' }
let directory = ''

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-detect-')))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

function can(module: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), text)
}

async function look(): Promise<DetectionResult> {
  return detect(directory, environment)
}

async function found(): Promise<Detection> {
  const result = await look()
  if (result.kind !== 'found') throw new Error(JSON.stringify(result))
  return result.detection
}

describe.skipIf(!can('django'))('detect with Django', () => {
  function startProject(settings = ''): void {
    execFileSync(python, ['-m', 'django', 'startproject', 'shop', '.'], { cwd: directory })
    execFileSync(
      python,
      ['-c', `import sys; open('shop/settings.py', 'a').write(sys.argv[1])`, `\n${settings}\n`],
      { cwd: directory },
    )
  }

  it('serves a fresh project with the static files of its apps', async () => {
    startProject()
    const { kind, configuration, steps } = await found()
    expect(kind).toBe('django')
    expect(configuration.applications).toEqual({
      shop: { wsgi: 'shop.wsgi:application', environment: { DJANGO_SETTINGS_MODULE: 'shop.settings' } },
    })
    const admin = expect.stringMatching(/\/django\/contrib\/admin\/static$/)
    expect(configuration.mounts).toEqual({ '/static': { files: admin, symlinks: 'any' }, '/': 'shop' })
    expect(steps[0]).toMatch(/^Django \d.*manage.py found; settings "shop.settings", named in manage.py$/)
  })

  it('takes STATIC_ROOT first, then the finders in their order, each with its prefix, and the media', async () => {
    startProject(`
INSTALLED_APPS += ['cart.apps.CartConfig']
STATIC_ROOT = BASE_DIR / 'collected'
STATICFILES_DIRS = [BASE_DIR / 'assets', ('downloads', BASE_DIR / 'files'), BASE_DIR / 'gone']
MEDIA_URL, MEDIA_ROOT = '/media/', BASE_DIR / 'uploads'
print('settings may print')
`)
    write('cart/__init__.py')
    write('cart/models.py', `raise RuntimeError('a look must not import models')`)
    write(
      'cart/apps.py',
      `from django.apps import AppConfig\nclass CartConfig(AppConfig):\n    name = 'cart'\n`,
    )
    for (const path of ['cart/static/a', 'collected/a', 'assets/a', 'files/a', 'uploads/a']) write(path)
    const { configuration, steps } = await found()
    const admin = expect.stringMatching(/admin\/static$/)
    expect(configuration.mounts['/static']).toEqual(
      ['collected', 'assets', admin, 'cart/static'].map((files) => ({ files, symlinks: 'any' })),
    )
    expect(configuration.mounts['/static/downloads']).toEqual({ files: 'files', symlinks: 'any' })
    expect(configuration.mounts['/media']).toEqual({ files: 'uploads' })
    expect(steps.join('\n')).toContain('gone, which does not exist')
    expect(readdirSync(join(directory, 'shop'))).not.toContain('__pycache__')
  })

  it('serves only what was collected when DEBUG is off, and says what is missing', async () => {
    startProject(`DEBUG = False\nSTATIC_ROOT = BASE_DIR / 'collected'`)
    const first = await found()
    expect(first.configuration.mounts).toEqual({ '/': 'shop' })
    expect(first.steps.join('\n')).toContain('collectstatic')
    write('collected/a.css')
    expect((await found()).configuration.mounts).toEqual({
      '/static': { files: 'collected', symlinks: 'any' },
      '/': 'shop',
    })
  })

  it('finds an application when WSGI_APPLICATION is not set', async () => {
    startProject('del WSGI_APPLICATION')
    expect((await found()).configuration.applications?.shop?.wsgi).toBe('shop.wsgi:application')
    rmSync(join(directory, 'shop/wsgi.py'))
    expect((await found()).configuration.applications?.shop?.wsgi).toBe(
      'django.core.wsgi:get_wsgi_application()',
    )
  })

  it('says which settings cannot be imported, with the traceback', async () => {
    startProject('import not_installed_anywhere')
    const result = await look()
    expect(result).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('not_installed_anywhere'),
    })
    expect(result.kind === 'failed' && result.details).toContain('settings.py')
  })

  it('leaves a STATIC_URL on another server to it', async () => {
    startProject(`STATIC_URL = 'https://cdn.example.com/'`)
    expect(Object.keys((await found()).configuration.mounts)).toEqual(['/'])
  })
})

describe.skipIf(!can('flask'))('detect with Flask', () => {
  it('finds the name that is bound to Flask, without running the file', async () => {
    write('app.py', `import flask as f\nserver = f.Flask(__name__)\nraise SystemExit('not to be run')\n`)
    expect(await found()).toMatchObject({
      kind: 'flask',
      configuration: { applications: { app: { wsgi: 'app:server' } } },
    })
  })

  it('finds a factory in a package, and puts public/ in front', async () => {
    write(
      'flaskr/__init__.py',
      'from flask import Flask\ndef create_app(test_config=None):\n    return Flask(__name__)\n',
    )
    write('public/robots.txt')
    expect((await found()).configuration).toEqual({
      applications: { app: { wsgi: 'flaskr:create_app()' } },
      mounts: { '/': [{ files: 'public' }, 'app'] },
    })
  })

  it('keeps app.run() from starting a server in the worker', async () => {
    write('hello.py', 'from flask import Flask\napp = Flask(__name__)\napp.run()\n')
    expect((await found()).configuration.applications?.app).toEqual({
      wsgi: 'hello:app',
      environment: { FLASK_RUN_FROM_CLI: 'true' },
    })
  })
})

describe.skipIf(!can('cherrypy'))('detect with CherryPy', () => {
  const root = `import cherrypy\nclass Root:\n    @cherrypy.expose\n    def index(self):\n        return 'hello'\n`

  it('takes a module-level application as it is', async () => {
    write('wsgi.py', `${root}application = cherrypy.tree.mount(Root(), '/')\n`)
    expect(await found()).toMatchObject({
      kind: 'cherrypy',
      configuration: { applications: { app: { wsgi: 'wsgi:application' } } },
    })
  })

  it.each([
    ['below __main__', `if __name__ == '__main__':\n    cherrypy.quickstart(Root())\n`],
    ['at import', `cherrypy.quickstart(Root())\n`],
    [
      'in a function',
      `def main():\n    cherrypy.tree.mount(Root())\n    cherrypy.engine.start()\n    cherrypy.engine.block()\nmain()\n`,
    ],
  ])('serves a program that starts its own server %s', async (_, start) => {
    write('site-server.py', root + start)
    const { configuration } = await found()
    const program = configuration.applications?.app
    expect(program).toMatchObject({ wsgi: probePath('cherrypy_tree.py'), processes: 1 })
    const code = `import sys, os; sys.path.insert(0, os.path.dirname(sys.argv[1]))
from cherrypy_tree import application
from wsgiref.util import setup_testing_defaults
environ = {}; setup_testing_defaults(environ)
print(b''.join(application(environ, lambda status, fields, error=None: print(status))))`
    const output = execFileSync(python, ['-B', '-c', code, probePath('cherrypy_tree.py')], {
      cwd: directory,
      env: { ...environment, ...program?.environment },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    })
    expect(output).toBe("200 OK\nb'hello'\n")
  })
})

describe('detect', () => {
  it('finds plain WSGI applications by the usual names, in their order', async () => {
    write('main.py', 'app = 1\n')
    write('wsgi.py', 'def application(environ, start_response):\n    pass\n')
    write('passenger_wsgi.py', 'from project.web import app as application\n')
    expect(await found()).toMatchObject({
      kind: 'wsgi',
      configuration: {
        applications: { app: { wsgi: 'passenger_wsgi:application' } },
        mounts: { '/': 'app' },
      },
    })
  })

  it('serves public/ or the directory with an index.html', async () => {
    write('index.html')
    expect((await found()).configuration).toEqual({ mounts: { '/': { files: '.' } } })
    write('public/a.txt')
    expect((await found()).configuration).toEqual({ mounts: { '/': { files: 'public' } } })
  })

  it.each(['deep/old.php', 'deep/below/old.phtml', 'deep/cgi-bin/env.pl'])(
    'never serves the source of %s as a file',
    async (path) => {
      write('index.html')
      write(path)
      expect(await look()).toMatchObject({
        kind: 'failed',
        message: expect.stringContaining('holds code to be run'),
      })
    },
  )

  it('runs index.php with php-cgi, and says what is missing without one', async () => {
    write('index.php')
    write('bin/php-cgi8.1', '#!/bin/sh\n')
    write('bin/php-cgi8.2', '#!/bin/sh\n')
    const seen = (path: string) => detect(directory, { PATH: `/nowhere:${path}` })
    expect(await seen('')).toMatchObject({ kind: 'failed', hint: expect.stringContaining('php-cgi') })
    const program = join(directory, 'bin/php-cgi8.2')
    for (const name of ['php-cgi8.1', 'php-cgi8.2']) chmodSync(join(directory, 'bin', name), 0o755)
    const fastcgi = { command: [program], processes: { min: 1, max: 4 } }
    expect(await seen(join(directory, 'bin'))).toMatchObject({
      kind: 'found',
      detection: {
        kind: 'php',
        configuration: { mounts: { '/': { fastcgi, root: '.' } } },
        steps: [expect.stringContaining(program), expect.stringMatching(/^what does not exist is 404; /)],
      },
    })
    write('.htaccess', 'RewriteEngine On\nRewriteRule . /index.php [L]\n')
    expect(await seen(join(directory, 'bin'))).toMatchObject({
      detection: { configuration: { mounts: { '/': { fastcgi, root: '.', front: '/index.php' } } } },
    })
    write('public/index.php')
    expect(await seen(join(directory, 'bin'))).toMatchObject({
      detection: { configuration: { mounts: { '/': { root: 'public', front: '/index.php' } } } },
    })
  })

  it('runs what is in cgi-bin/ and what ends in .cgi, alone and beside other things', async () => {
    write('cgi-bin/env.pl')
    expect(await found()).toMatchObject({
      kind: 'cgi',
      configuration: { mounts: { '/cgi-bin': { cgi: 'cgi-bin' } } },
    })
    write('index.html')
    write('deep/form.cgi')
    expect((await found()).configuration).toEqual({
      mounts: { '/': { files: '.', scripts: ['.cgi'] }, '/cgi-bin': { cgi: 'cgi-bin' } },
    })
    write('wsgi.py', 'def application(environ, start_response):\n    pass\n')
    expect((await found()).configuration.mounts).toEqual({ '/': 'app', '/cgi-bin': { cgi: 'cgi-bin' } })
  })

  it('refuses ASGI and broken files with a reason', async () => {
    write('main.py', 'from fastapi import FastAPI\napp = FastAPI()\n')
    expect(await look()).toMatchObject({ kind: 'failed', message: expect.stringContaining('ASGI') })
    write('app.py', 'def broken(:\n')
    expect(await look()).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('app.py is not valid Python'),
    })
  })

  it('asks which one when several files hold an application', async () => {
    for (const name of ['a.py', 'b.py']) write(name, 'from flask import Flask\napp = Flask("x")\n')
    expect(await look()).toMatchObject({
      kind: 'failed',
      message: 'several files hold an application: a.py, b.py',
    })
  })

  it('lists what it looked for when there is nothing', async () => {
    write('site/portico.yaml')
    const result = await look()
    expect(result.kind).toBe('nothing')
    const message = result.kind === 'nothing' ? result.message : ''
    for (const part of [
      'manage.py',
      'passenger_wsgi.py',
      'index.html',
      'index.php (PHP)',
      'portico serve site',
    ]) {
      expect(message).toContain(part)
    }
  })
})
