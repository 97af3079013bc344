// A project whose files are edited while `portico serve --reload` runs it.

import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseReply, type Reply, requestText } from '../server/cli/ask.ts'
import { eventually } from './eventually.ts'
import { Project } from './project.ts'
import type { RunningPortico } from './server.ts'
import { rawExchange } from './socket.ts'

/** What a browser sends when a person goes to a page. */
const navigation = ['Accept: text/html,application/xhtml+xml', 'Sec-Fetch-Mode: navigate']
/** What it sends for a script on a page. */
const fromScript = ['Accept: text/html', 'Sec-Fetch-Mode: cors']

export type Asker = 'program' | 'person' | 'script'
const fieldsOf: Readonly<Record<Asker, readonly string[]>> = {
  program: ['Accept: */*'],
  person: navigation,
  script: fromScript,
}

export class EditedProject extends Project {
  path(name: string): string {
    return join(this.directory, name)
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), text)
  }

  /** As editors save that never leave half a file: a new file takes the place of the old one. */
  writeByRename(name: string, text: string): void {
    this.write(`${name}.new`, text)
    renameSync(this.path(`${name}.new`), this.path(name))
  }

  touch(name: string): void {
    const now = new Date()
    utimesSync(this.path(name), now, now)
  }

  delete(name: string): void {
    rmSync(this.path(name))
  }
}

/** Asks as one of those who see different things while code fails. */
export async function askAs(who: Asker, server: RunningPortico, target = '/'): Promise<Reply> {
  return parseReply(await rawExchange(server.port, requestText(target, { fields: fieldsOf[who] })))
}

/** How often an event stands in the log. */
export function eventCount(server: RunningPortico, event: string): number {
  return server.stderr().split(` ${event} `).length - 1
}

/** Edits, and resolves once the log says that it was noticed: who asks from now on gets the new code. */
export async function noticed(server: RunningPortico, edit: () => void): Promise<void> {
  const before = eventCount(server, 'application.changed')
  edit()
  await eventually('the edit is noticed', () =>
    eventCount(server, 'application.changed') > before ? true : undefined,
  )
}
