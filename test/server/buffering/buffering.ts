// A server with test/app/wsgi/buffering.py at its root: one process of two threads.

import { join } from 'node:path'
import { type RunningPortico, startPortico } from '../../double/server.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')

export interface BufferingSettings {
  /** Whole lines of portico.yaml. */
  readonly lines?: readonly string[]
  /** Settings of the application, one a line. */
  readonly settings?: readonly string[]
  /** In braces: 'output_buffer: 2MiB'. */
  readonly limits?: string
}

export function startBuffering({
  lines = [],
  settings = [],
  limits = '',
}: BufferingSettings): Promise<RunningPortico> {
  return startPortico({
    config: [
      ...lines,
      'applications:',
      '  buffering:',
      '    wsgi: buffering:application',
      `    directory: ${apps}`,
      '    processes: 1',
      '    threads: 2',
      ...settings.map((setting) => `    ${setting}`),
      `    limits: { ${limits} }`,
      'mounts: { /: buffering }',
    ].join('\n'),
  })
}
