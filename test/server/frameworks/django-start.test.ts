// A Django project that cannot be loaded: which setting, where, and what to write in portico.yaml.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { isMissing, systemPython } from '../../double/project.ts'
import { portico } from '../cli/command.ts'

describe.skipIf(isMissing('python3-django'))('portico check --load of a Django project', () => {
  let project: DjangoProject
  let original = ''
  const settingsFile = () => join(project.directory, 'shop/settings.py')
  const lastLine = () => original.split('\n').length
  beforeAll(async () => {
    project = await DjangoProject.start()
    original = readFileSync(settingsFile(), 'utf8')
  })
  afterAll(() => project?.remove())

  /** Checks with `settings` behind the end of settings.py. */
  function check(settings: string, wsgi = 'shop.wsgi:application', more = '') {
    writeFileSync(settingsFile(), `${original}${settings}\n`)
    const config = `applications: { shop: { wsgi: "${wsgi}", python: ${systemPython}${more} } }\nmounts: { /: shop }\n`
    writeFileSync(join(project.directory, 'portico.yaml'), config)
    // What the shell says of Django is not what a worker gets.
    const environment = { DJANGO_SETTINGS_MODULE: 'of.the.shell' }
    return portico(['check', '--load'], { directory: project.directory, environment })
  }

  /** The problem with its hint. */
  async function problem(settings: string, wsgi?: string, more?: string): Promise<string> {
    const { code, stderr } = await check(settings, wsgi, more)
    expect(code).toBe(1)
    return stderr.slice(stderr.indexOf('portico.yaml:1:')).replace(/^.*Cannot load application "[^"]+": /, '')
  }

  it('tells a settings module that portico.yaml misspells', async () => {
    const more = ', environment: { DJANGO_SETTINGS_MODULE: shop.setings }'
    const said = await problem('', 'shop.wsgi:application', more)
    expect(said).toMatch(
      /^the settings module "shop\.setings" \(DJANGO_SETTINGS_MODULE, set by "environment" in portico\.yaml\) was not found in "/,
    )
    expect(said).toContain(
      '\n  Did you mean "shop.settings"? Write environment: { DJANGO_SETTINGS_MODULE: shop.settings } for',
    )
  })

  it('tells a settings module that wsgi.py names and that is not there', async () => {
    const wsgi = readFileSync(join(project.directory, 'shop/wsgi.py'), 'utf8')
    writeFileSync(join(project.directory, 'shop/other.py'), wsgi.replace('shop.settings', 'store.settings'))
    const line = wsgi.split('\n').findIndex((text) => text.includes('os.environ')) + 1
    const said = await problem('', 'shop.other:application')
    expect(said).toMatch(/^the settings module "store\.settings" /)
    expect(said).toContain(`set in "${project.directory}/shop/other.py" line ${line})`)
    expect(said).toContain('settings found there: "shop.settings"')
  })

  it('tells that no settings module is named', async () => {
    const said = await problem('', 'django.core.wsgi:get_wsgi_application()')
    expect(said).toMatch(
      /^Django has no settings, because DJANGO_SETTINGS_MODULE is not set\n {2}Write environment: { DJANGO_SETTINGS_MODULE: shop\.settings } for the application in portico\.yaml/,
    )
  })

  it('tells which module the settings import that is not installed', async () => {
    const said = await problem('import environ')
    expect(said).toContain(
      `"${settingsFile()}" line ${lastLine()} imports module "environ", which is not installed for`,
    )
    expect(said).toContain('pip install django-environ)')
  })

  it.each([
    ['INSTALLED_APPS', 'rest_framework', 'pip install djangorestframework)'],
    ['MIDDLEWARE', 'whitenoise.middleware.WhiteNoiseMiddleware', 'pip install whitenoise;'],
    ['INSTALLED_APPS', 'shopp.apps.Config', 'Did you mean "shop"? '],
  ])('tells which entry of %s is not there: %s', async (setting, entry, hint) => {
    const said = await problem(`${setting} += ['${entry}']`)
    expect(said).toMatch(
      new RegExp(`^${setting} in ".+/shop/settings\\.py" line ${lastLine()} names "${entry}", but`),
    )
    expect(said).toContain(hint)
  })

  it('tells that SECRET_KEY is empty, and where a worker has its variables from', async () => {
    const said = await problem(`SECRET_KEY = ''`)
    expect(said).toMatch(/^the setting SECRET_KEY is empty \(.+\/shop\/settings\.py\)\n/)
    expect(said).toContain('"environment" or "environment_file"')
  })

  it('tells which environment variable the settings miss', async () => {
    const said = await problem(`import os\nSECRET_KEY = os.environ['SHOP_KEY']`)
    expect(said).toContain(
      `"${settingsFile()}" line ${lastLine() + 1} reads the environment variable "SHOP_KEY", which is not set\n  Write environment: { SHOP_KEY: ... } or environment_file: FILE`,
    )
  })

  it('tells which database driver is missing', async () => {
    const said = await problem(`DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql'}}`)
    expect(said).toMatch(/^Django says: Error loading MySQLdb module\. .+\n {2}Look into ".+settings\.py"/)
  })

  it('has nothing to say about a database that cannot be reached: that is a matter of the request', async () => {
    const database = `DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/no/such/file'}}`
    expect(await check(database)).toMatchObject({ code: 0, stderr: '' })
  })
})
