// Applications of WSGI with mode: cgi: a launcher starts their interpreter for every request, so that what is one process
// for a request each becomes one application with as many slots as there would have been threads.

import { join } from 'node:path'
import type { Application, Effective } from '../config/effective.ts'
import { packagePath } from './package-path.ts'

/** Scripts and programs are started for it; it is no worker itself. */
export function isLaunched({ launcher }: Application): boolean {
  return launcher !== null
}

export function withLaunchers(effective: Effective): Effective {
  const applications = effective.applications.map((application) =>
    application.mode === 'cgi' && !isLaunched(application) ? launched(application) : application,
  )
  return { ...effective, applications }
}

function launched(application: Application): Application {
  const { wsgi, directory, python, processes, threads } = application
  return {
    ...application,
    processes: 1,
    processes_min: 1,
    threads: processes * threads,
    // Nobody could tell whether a process that is gone after its request was healthy.
    health: null,
    launcher: {
      command: [python, join(packagePath, '__main__.py'), 'cgi', '--directory', directory, wsgi],
      directory,
      roots: null,
      warm: false,
      preload: null,
      time: 0,
      rlimits: {},
    },
  }
}
