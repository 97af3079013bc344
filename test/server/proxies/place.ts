// Asks test/app/wsgi/place.py as a proxy would, from an address or over a unix socket of our choice.

import { connect, type NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import { within } from '../../double/socket.ts'
import { parseReply, type Question, type Reply, requestText } from '../cli/ask.ts'

const directory = join(import.meta.dirname, '../../app/wsgi')
const answerMs = 15_000

/** portico.yaml with the application at the root and these lines in front. */
export function configuration(...lines: readonly string[]): string {
  return [
    ...lines,
    `applications: { place: { wsgi: "place:application", directory: ${directory}, processes: 1 } }`,
    'mounts: { /: place }',
  ].join('\n')
}

/** One request on a connection of its own. */
export function askBy(way: NetConnectOpts, target: string, question: Question = {}): Promise<Reply> {
  const socket = connect(way)
  const answer = new Promise<Reply>((resolve, reject) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece
    })
    socket.on('error', reject)
    socket.on('end', () => resolve(parseReply(text)))
    socket.write(requestText(target, question), 'latin1')
  })
  return within(answerMs, answer, 'an answer').finally(() => socket.destroy())
}

export type Place = Readonly<Record<string, string>>

/** What the application learned. */
export async function placeBy(way: NetConnectOpts, fields: readonly string[], host?: string): Promise<Place> {
  const reply = await askBy(way, '/a%20b?q=1', { fields, ...(host === undefined ? {} : { host }) })
  if (reply.status !== 200) throw new Error(`status ${reply.status}: ${reply.body}`)
  return JSON.parse(reply.body)
}
