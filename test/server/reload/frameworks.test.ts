// `portico serve --reload` in projects of Django and Flask as their authors write them.

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DjangoProject } from '../../double/django.ts'
import { askAs, EditedProject, noticed } from '../../double/edited-project.ts'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'

describe.skipIf(isMissing('python3-django'))('a Django project', () => {
  let project: DjangoProject | undefined
  afterEach(() => project?.remove())

  it('follows an edit in views.py, survives a broken one, and follows settings.py', async () => {
    project = await DjangoProject.start()
    project.addPages()
    const server = await project.serve('--reload')
    const views = join(project.directory, 'pages/views.py')
    const before = readFileSync(views, 'utf8')
    expect((await askAs('person', server, '/rest')).body).toBe('on its way')
    await noticed(server, () => writeFileSync(views, before.replace('on its way', 'here it is')))
    expect((await askAs('person', server, '/rest')).body).toBe('here it is')

    await noticed(server, () => writeFileSync(views, `${before}\ndef broken(:\n`))
    const page = await eventually('the failure', () =>
      server.stderr().includes('the new code fails') ? true : undefined,
    ).then(() => askAs('person', server, '/rest'))
    expect(page.body).toMatch(/pages\/views\.py:\d+/)
    expect((await askAs('script', server, '/rest')).body).toBe('here it is')

    await noticed(server, () => writeFileSync(views, before))
    expect((await askAs('person', server, '/rest')).body).toBe('on its way')
    await noticed(server, () => project?.set(`ROOT_URLCONF = 'nowhere.urls'`))
    expect((await askAs('person', server, '/rest')).status).not.toBe(200)
  })
})

describe.skipIf(isMissing('python3-flask'))('a Flask project', () => {
  let project: EditedProject | undefined
  afterEach(() => project?.remove())

  it('follows an edit in app.py and in a template that was read', async () => {
    project = new EditedProject()
    project.copy('flask')
    const server = await project.serve('--reload')
    expect((await askAs('person', server)).body).toContain('Who are you?')
    const template = project.path('templates/index.html')
    const text = readFileSync(template, 'utf8')
    await noticed(server, () => writeFileSync(template, text.replace('Who are you?', 'Who goes there?')))
    expect((await askAs('person', server)).body).toContain('Who goes there?')
    const app = project.path('app.py')
    const code = readFileSync(app, 'utf8')
    await noticed(server, () => writeFileSync(app, code.replace('/where/', '/whereabouts/')))
    expect((await askAs('person', server, '/whereabouts/a')).status).toBe(200)
  })

  it('follows the package with its factory, in a virtual environment inside the project', async () => {
    project = new EditedProject()
    project.copy('flask-factory')
    await project.python(['-m', 'venv', '--system-site-packages', '--without-pip', '.venv'])
    const server = await project.serve('--reload')
    const file = project.path('shop/__init__.py')
    const code = readFileSync(file, 'utf8')
    cpSync(file, project.path('shop/before.py'))
    await noticed(server, () => writeFileSync(file, `${code}\nraise RuntimeError('half done')\n`))
    await eventually('the failure', () => (server.stderr().includes('the new code fails') ? true : undefined))
    expect((await askAs('person', server)).body).toContain('half done')
    await noticed(server, () => writeFileSync(file, code))
    expect((await askAs('person', server)).status).toBe(200)
  })
})
