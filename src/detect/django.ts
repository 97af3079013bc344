// A Django project: manage.py names the settings, the settings name the application and the files.
// The settings are imported once, by the project's interpreter in a process of its own (django_probe.py).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import type { DetectionResult, Environment } from './detection.ts'
import { isFile } from './directory.ts'
import type { DjangoReport } from './django-mounts.ts'
import { mountDjango } from './django-mounts.ts'
import { candidatePythons, environmentHint, pythonStep, spellPython } from './interpreter.ts'
import { runProbe } from './probe.ts'

/** Undefined when the directory holds no manage.py of Django. */
export async function detectDjango(
  directory: string,
  environment: Environment,
  identity: Identity | null,
): Promise<DetectionResult | undefined> {
  if (!isFile(directory, 'manage.py')) return undefined
  const text = readFileSync(join(directory, 'manage.py'), 'utf8')
  if (!/django|DJANGO_SETTINGS_MODULE/.test(text)) return undefined
  const named = settingsModuleIn(text)
  const settings = environment.DJANGO_SETTINGS_MODULE || named
  if (settings === undefined) {
    const hint = 'Set DJANGO_SETTINGS_MODULE in the environment, or write a portico.yaml'
    return failed('manage.py found, but it does not say which settings module it uses', hint)
  }
  const candidates = candidatePythons(directory, environment, identity)
  for (const python of candidates) {
    const call = { python, probe: 'django_probe.py', arguments: [settings], directory, environment, identity }
    const answer = await runProbe(call)
    if (answer.kind === 'failed') {
      const hint = 'Check with: python manage.py check'
      return failed(
        `the settings "${settings}" could not be read with ${python}: ${answer.why}`,
        hint,
        answer.errors,
      )
    }
    const report = answer.value as unknown as DjangoReport // the shape that django_probe.py prints
    if (report.problem === 'no-django') continue
    if (report.problem !== undefined) {
      const hint = `Python: ${python}; check with: python manage.py check`
      return failed(
        `the settings "${settings}" cannot be imported: ${report.message ?? ''}`,
        hint,
        report.traceback ?? '',
      )
    }
    const source = settings === named ? 'named in manage.py' : 'named by $DJANGO_SETTINGS_MODULE'
    const steps = [
      `Django ${report.django ?? ''}: manage.py found; settings "${settings}", ${source}`,
      pythonStep(python, candidates, 'django'),
    ]
    return found(directory, settings, report, steps, spellPython(python, candidates))
  }
  const tried = candidates.length > 0 ? `tried ${candidates.join(', ')}` : 'no python3 was found'
  const make = 'Make a virtual environment: python3 -m venv .venv && .venv/bin/pip install django'
  const hint = environmentHint(directory, make)
  return failed(`manage.py found, but no interpreter can import django (${tried})`, hint)
}

/** The settings module that manage.py sets, by os.environ.setdefault or by assignment. */
export function settingsModuleIn(text: string): string | undefined {
  return /DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']/.exec(text)?.[1]
}

function found(
  directory: string,
  settings: string,
  report: DjangoReport,
  steps: readonly string[],
  python: { readonly python?: string },
): DetectionResult {
  const project = settings.split('.')[0] ?? ''
  const name = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(project) ? project : 'app'
  const wsgi = applicationOf(directory, project, report)
  const mounted = mountDjango(directory, name, report)
  // Always written: manage.py and wsgi.py may name different settings, and the mounts below come from these.
  const application = { wsgi: wsgi.name, ...python, environment: { DJANGO_SETTINGS_MODULE: settings } }
  return {
    kind: 'found',
    detection: {
      kind: 'django',
      steps: [...steps, wsgi.step, ...mounted.steps],
      configuration: { applications: { [name]: application }, mounts: mounted.mounts },
    },
  }
}

function applicationOf(directory: string, project: string, report: DjangoReport) {
  const setting = report.wsgi_application
  if (setting) {
    const dot = setting.lastIndexOf('.')
    const name = `${setting.slice(0, dot)}:${setting.slice(dot + 1)}`
    return { name, step: `application: ${name}, from WSGI_APPLICATION` }
  }
  if (isFile(directory, project, 'wsgi.py')) {
    const name = `${project}.wsgi:application`
    return { name, step: `application: ${name}; WSGI_APPLICATION is not set, ${project}/wsgi.py exists` }
  }
  const name = 'django.core.wsgi:get_wsgi_application()'
  return {
    name,
    step: `application: ${name}; WSGI_APPLICATION is not set and there is no ${project}/wsgi.py`,
  }
}

function failed(message: string, hint: string, details = ''): DetectionResult {
  return { kind: 'failed', message, hint, details }
}
