// Golden transcripts of SCGI, both directions, and the rows SCG-01 and SCG-05.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scgiGateway } from '../../../src/gateway/scgi.ts'
import { encodeScgiRequest, readScgiRequest } from '../../../src/wire/scgi.ts'
import { answerEvents } from '../answer-events.ts'
import { bytesOf, check, transcriptsIn } from '../transcript.ts'

const folder = import.meta.dirname
const answers = join(folder, 'answers')

function requestEvents(pieces: readonly Buffer[]): string {
  let have = Buffer.alloc(0)
  for (const piece of pieces) {
    have = Buffer.concat([have, piece])
    const request = readScgiRequest(have)
    if (request.kind === 'bad') return `bad: ${request.why}\n`
    if (request.kind === 'more' || have.length < request.size + request.inputBytes) continue
    const input = have.toString('latin1', request.size)
    return `${JSON.stringify(request.pairs)}\ninput ${JSON.stringify(input)}\n`
  }
  return 'incomplete\n'
}

describe('requests of SCGI', () => {
  it.each(transcriptsIn(folder))('reads %s in any chunking', (name) => {
    check(join(folder, name), requestEvents)
  })

  it('are written as the transcript of the specification has it', () => {
    const pairs = ['REQUEST_METHOD', 'POST', 'REQUEST_URI', '/deepthought']
    const input = 'What is the answer to life?'
    const encoded = encodeScgiRequest(pairs, input.length)
    expect(encoded).toEqual({ kind: 'ok', bytes: expect.any(Buffer) })
    const bytes = encoded.kind === 'ok' ? encoded.bytes : Buffer.alloc(0)
    expect(`${bytes.toString('latin1')}${input}`).toBe(
      bytesOf(folder, 'specification.txt').toString('latin1'),
    )
  })

  it('say CONTENT_LENGTH and SCGI first and once, whatever the pairs say about them', () => {
    const pairs = ['A', '1', 'SCGI', '9', 'CONTENT_LENGTH', '7', 'A', '2', 'E', '']
    const encoded = encodeScgiRequest(pairs, 0)
    expect(encoded.kind === 'ok' && readScgiRequest(encoded.bytes)).toMatchObject({
      inputBytes: 0,
      pairs: ['CONTENT_LENGTH', '0', 'SCGI', '1', 'A', '2', 'E', ''],
    })
  })

  it('hold no NUL but those behind names and values', () => {
    expect(encodeScgiRequest(['A', '1\0CONTENT_LENGTH\x009'], 0).kind).toBe('bad')
    expect(encodeScgiRequest(['A\0', '1'], 0).kind).toBe('bad')
  })

  it('count octets, and carry those above 127 as they are', () => {
    const encoded = encodeScgiRequest(['A', '\xe9\xff'], 0)
    expect(encoded.kind === 'ok' && encoded.bytes.toString('latin1')).toBe(
      '29:CONTENT_LENGTH\x000\0SCGI\x001\0A\0\xe9\xff\0,',
    )
  })

  it.each([
    ['x', 'no netstring'],
    ['01:', 'no netstring'],
    [':', 'no netstring'],
    ['-1:', 'no netstring'],
    ['9999999999', 'no netstring'],
    ['99999999:', 'an environ of 99999999 octets'],
    ['0:,', 'an environ that does not end in a NUL'],
    ['24:CONTENT_LENGTH\x000\0SCGI\x001\0.', 'no comma behind the netstring'],
    ['4:A\x001\0,', 'no CONTENT_LENGTH in front'],
    ['16:CONTENT_LENGTH\0\0,', 'no CONTENT_LENGTH in front'],
    ['17:CONTENT_LENGTH\x000\0,', 'no SCGI with the value 1'],
    ['19:CONTENT_LENGTH\x000\0A\0,', 'a name without a value'],
  ])('are refused: %j', (text, why) => {
    expect(readScgiRequest(Buffer.from(text, 'latin1'))).toEqual({ kind: 'bad', why })
  })
})

describe('answers over SCGI', () => {
  it.each(transcriptsIn(answers))('reads %s in any chunking', (name) => {
    check(join(answers, name), (pieces, transcript) => answerEvents(scgiGateway, pieces, transcript))
  })
})
