// A directory, application servers of others and a Portico in front of them, for one test or for all tests of a block.
// Everything that was started is ended by its id, in reverse order.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type PorticoOptions, type RunningPortico, startPortico } from '../../double/server.ts'
import { type ProgramOptions, RunningProgram } from './program.ts'

export class Place {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-gateways-')))
  readonly #ends: (() => Promise<unknown>)[] = []

  /** Writes a file below the directory and returns its path. */
  write(name: string, content: string | Buffer): string {
    const path = join(this.directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { mode: 0o755 })
    return path
  }

  async start(command: readonly string[], options: ProgramOptions = {}): Promise<RunningProgram> {
    const program = new RunningProgram(command, this.directory, options)
    this.#ends.push(() => program.stop())
    await program.ready()
    return program
  }

  async portico(config: string, options: Partial<PorticoOptions> = {}): Promise<RunningPortico> {
    const server = await startPortico({ config, shared: true, ...options })
    this.#ends.push(async () => {
      await server.stop()
      rmSync(server.directory, { recursive: true, force: true })
    })
    return server
  }

  /** Called at the end, before what was started earlier is ended. */
  whenEnding(end: () => Promise<unknown>): void {
    this.#ends.push(end)
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Of one test. */
export function ownPlace(): Place {
  const place = new Place()
  onTestFinished(() => place.end())
  return place
}

/** One for all tests of a block. */
export function sharedPlace<T>(make: (place: Place) => Promise<T>): () => T {
  let place: Place | undefined
  let made: T | undefined
  beforeAll(async () => {
    place = new Place()
    made = await make(place)
  })
  afterAll(async () => {
    await place?.end()
  })
  return () => {
    if (made === undefined) throw new Error('the place has not been made')
    return made
  }
}

/** Waits until the error log holds a line with all of these. */
export function logged(server: RunningPortico, ...what: readonly (string | RegExp)[]): Promise<string> {
  const holds = (line: string): boolean =>
    what.every((one) => (typeof one === 'string' ? line.includes(one) : one.test(line)))
  return eventually(`${what.join(' ')} in the log`, () => server.stderr().split('\n').find(holds))
}
