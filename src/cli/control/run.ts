// What all verbs for a running server have in common: find it, ask it, print what it says, say why not.

import { readSurroundings } from '../../config/surroundings.ts'
import { controlSocketPath } from '../../server/control/control-socket.ts'
import type { ControlAnswer, ControlRequest } from '../../server/control/protocol.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Output, printable } from '../print.ts'
import { findPlace, type Place, type PlaceOptions } from './place.ts'
import { type TalkEnd, talk } from './talk.ts'

export interface Asked {
  readonly place: PlaceOptions
  readonly request: ControlRequest
  /** The answer goes on for as long as it takes. */
  readonly lasts?: boolean
  /** The end of the connection is what was waited for. */
  readonly untilClosed?: boolean
}

export interface Told {
  readonly exit: ExitCode
  /** What is not printed by itself. */
  readonly data: readonly unknown[]
}

export async function askServer(
  { place, request, lasts = false, untilClosed = false }: Asked,
  output: Output,
): Promise<Told> {
  const found = findPlace(place, readSurroundings())
  if (found.kind === 'bad') {
    output.note(`${output.paint('red', found.message)}\n  ${found.hint}`)
    return { exit: exitCodes.usage, data: [] }
  }
  const data: unknown[] = []
  const end = await talk({
    path: controlSocketPath(found.runtime),
    request,
    lasts,
    answer: (answer) => print(answer, data, output),
  })
  if (end.kind === 'ended') return { exit: end.exit === 0 ? exitCodes.done : exitCodes.failed, data }
  if (end.kind === 'closed' && untilClosed) return { exit: exitCodes.done, data }
  for (const line of whyNot(end, found)) output.note(line)
  return { exit: exitCodes.failed, data: [] }
}

function print(answer: ControlAnswer, data: unknown[], output: Output): void {
  if (answer.kind === 'data') data.push(answer.data)
  else if (answer.kind === 'line') output.data(printable(answer.text))
  else if (answer.kind === 'note') output.note(answer.text)
  else if (answer.kind === 'error') output.note(output.paint('red', answer.message))
}

function whyNot(end: TalkEnd, { name, runtime, start }: Extract<Place, { kind: 'ok' }>): string[] {
  const path = controlSocketPath(runtime)
  switch (end.kind) {
    case 'absent': {
      const how = start === '' ? '' : `; start it with: ${start}`
      return [`no server is running for ${name} (its control socket would be ${path})${how}`]
    }
    case 'silent':
      return [
        `the server of ${name} does not answer on ${path}`,
        '  See what its process does: it may be stopped',
      ]
    case 'closed':
      return [`the server of ${name} has ended, or closed the connection, before it had answered`]
    case 'refused': {
      const why = end.code === 'EACCES' ? 'only the user that started the server, and root, may' : end.code
      return [`cannot connect to the control socket ${path}: ${why}`]
    }
    case 'ended':
      return []
    default:
      return end satisfies never
  }
}
