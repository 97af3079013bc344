// The directory of one run: a copy of the fixture applications that every user may read, and the files through which
// they tell what happened (records) and are told to go on (gates).

import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../double/eventually.ts'
import { waitMs } from './client.ts'

const fixtures = join(import.meta.dirname, '../app/conformance')
let count = 0

export class Place {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-conformance-')))
  readonly applications = join(this.directory, 'applications')
  readonly #records = join(this.directory, 'records')

  constructor() {
    chmodSync(this.directory, 0o755)
    cpSync(fixtures, this.applications, {
      recursive: true,
      filter: (source) => !source.includes('__pycache__'),
    })
    mkdirSync(this.#records)
    // Some servers run applications as another user.
    chmodSync(this.#records, 0o777)
  }

  get environment(): Record<string, string> {
    return { CONFORMANCE_RECORDS: this.#records, PYTHONDONTWRITEBYTECODE: '1' }
  }

  /** Puts a file beside the applications. */
  write(name: string, text: string): void {
    writeFileSync(join(this.applications, name), text)
  }

  /** A directory for the files of one server. */
  newDirectory(name: string): string {
    const directory = mkdtempSync(join(this.directory, `${name.replaceAll(/[^a-z]/g, '-')}-`))
    chmodSync(directory, 0o755)
    return directory
  }

  /** A name that nobody has used: of a record, a gate and in log lines. */
  newToken(): string {
    count++
    return `token-${process.pid}-${count}-`
  }

  /** The lines of a record so far. */
  record(token: string): string[] {
    try {
      const text = readFileSync(join(this.#records, token), 'utf8').trimEnd()
      // Opened by the application, and not written to yet.
      return text === '' ? [] : text.split('\n')
    } catch {
      return []
    }
  }

  /** Waits until the record has `line`, and resolves to all of it. */
  recorded(token: string, line: string): Promise<string[]> {
    return eventually(
      `the record "${line}"`,
      () => {
        const lines = this.record(token)
        return lines.includes(line) ? lines : undefined
      },
      waitMs,
    )
  }

  /** Lets the application go on that waits at this gate. */
  openGate(token: string): void {
    writeFileSync(join(this.#records, `${token}.gate`), '')
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
