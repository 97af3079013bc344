// The same project and the same tests in both modes: daemons as by default, and embedded by one word on the command line.

import { expect } from 'vitest'
import { isMissing, libpython, type Project } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'

export interface Mode {
  readonly mode: 'daemon' | 'embedded'
  /** `portico serve` in the project, which says that it has taken this mode. */
  serve(project: Project): Promise<RunningPortico>
}

/** For describe.each; without embedded mode where its library is missing. */
export const modes: readonly Mode[] = [
  modeOf('daemon'),
  ...(isMissing(libpython) ? [] : [modeOf('embedded', '--mode', 'embedded')]),
]

function modeOf(mode: Mode['mode'], ...args: readonly string[]): Mode {
  return {
    mode,
    serve: async (project) => {
      const server = await project.serve(...args)
      expect(server.stderr()).toMatch(new RegExp(`^mount .* wsgi .* ${mode}`, 'm'))
      return server
    },
  }
}
