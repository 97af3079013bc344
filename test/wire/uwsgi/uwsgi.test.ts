// Golden transcripts of uwsgi, both directions, and the rows UWS-01 and UWS-04.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { uwsgiGateway } from '../../../src/gateway/uwsgi.ts'
import { encodeUwsgiRequest, maxUwsgiEnvironBytes, readUwsgiRequest } from '../../../src/wire/uwsgi.ts'
import { answerEvents } from '../answer-events.ts'
import { bytesOf, check, transcriptsIn } from '../transcript.ts'

const folder = import.meta.dirname
const answers = join(folder, 'answers')

function requestEvents(pieces: readonly Buffer[]): string {
  let have = Buffer.alloc(0)
  let size = -1
  let said = 'incomplete\n'
  for (const piece of pieces) {
    have = Buffer.concat([have, piece])
    const request = readUwsgiRequest(have)
    if (request.kind === 'more') continue
    if (request.kind === 'bad') return `bad: ${request.why}\n`
    size = request.size
    said = `${JSON.stringify(request.pairs)}\n`
  }
  return size < 0 ? said : `${said}input ${JSON.stringify(have.toString('latin1', size))}\n`
}

describe('requests of uwsgi', () => {
  it.each(transcriptsIn(folder))('reads %s in any chunking', (name) => {
    check(join(folder, name), requestEvents)
  })

  it('are written as the golden transcript has it', () => {
    const encoded = encodeUwsgiRequest(['REQUEST_METHOD', 'POST', 'CONTENT_LENGTH', '2', 'E', ''])
    const golden = bytesOf(folder, 'request.txt')
    expect(encoded.kind === 'ok' && encoded.bytes.toString('hex')).toBe(
      golden.toString('hex', 0, golden.length - 2),
    )
  })

  it('hold as many octets of variables as their size can say, and are an error beyond that', () => {
    const fits = encodeUwsgiRequest(['N', 'v'.repeat(maxUwsgiEnvironBytes - 5)])
    expect(fits.kind === 'ok' && readUwsgiRequest(fits.bytes)).toMatchObject({ kind: 'ok', size: 65_539 })
    const over = encodeUwsgiRequest(['N', 'v'.repeat(maxUwsgiEnvironBytes - 4)])
    expect(over).toEqual({ kind: 'too large', size: 65_536 })
  })

  it.each([
    ['48545450', 'modifier 72, which asks for something else than WSGI'],
    ['0001000000', 'a variable reaches beyond its packet'],
    ['0002000005ff', 'a variable reaches beyond its packet'],
    ['000300000100410000', 'a name without a value'],
  ])('are refused: %s', (hex, why) => {
    expect(readUwsgiRequest(Buffer.from(hex, 'hex'))).toEqual({ kind: 'bad', why })
  })
})

describe('answers over uwsgi', () => {
  it.each(transcriptsIn(answers))('reads %s in any chunking', (name) => {
    check(join(answers, name), (pieces, transcript) => answerEvents(uwsgiGateway, pieces, transcript))
  })
})
