import { describe, expect, it } from 'vitest'
import {
  encodeBegin,
  encodeEnd,
  encodeRecord,
  protocolStatus,
  RecordDecoder,
  recordType,
} from '../../wire/fastcgi.ts'
import type { CarrierSink } from './carrier.ts'
import { Multiplexer } from './multiplexer.ts'

interface Seen {
  readonly type: number
  readonly id: number
  readonly text: string
}

function records(bytes: readonly Buffer[]): Seen[] {
  const seen: Seen[] = []
  const decoder = new RecordDecoder()
  const sink = {
    record: (type: number, id: number, content: Buffer) => {
      seen.push({ type, id, text: content.toString('latin1') })
    },
    malformed: (why: string) => expect(why).toBe(''),
  }
  for (const piece of bytes) decoder.push(piece, sink)
  return seen
}

/** A socket of which both ends are here. */
function socket() {
  const sent: Buffer[] = []
  const state = { paused: false, destroyed: false, refused: 0, closed: 0 }
  let other: CarrierSink | undefined
  const multiplexer = new Multiplexer(
    (sink) => {
      other = sink
      return {
        write: (bytes) => sent.push(Buffer.from(bytes)) > 0,
        pause: () => {
          state.paused = true
        },
        resume: () => {
          state.paused = false
        },
        get isPaused() {
          return state.paused
        },
        destroy: () => {
          state.destroyed = true
        },
      }
    },
    {
      multiplexerClosed: () => state.closed++,
      cannotMultiplex: () => state.refused++,
      now: () => 0,
    },
  )
  const peer = other as CarrierSink
  peer.connected()
  const call = () => {
    const got: Buffer[] = []
    const told: string[] = []
    const carrier = multiplexer.open({
      connected: () => told.push('connected'),
      data: (bytes) => got.push(Buffer.from(bytes)),
      drained: () => told.push('drained'),
      closed: (code) => told.push(`closed ${code}`),
    })
    return { carrier, got, told }
  }
  return { sent, state, multiplexer, peer, call }
}

const stdout = (id: number, text: string) => encodeRecord(recordType.stdout, id, Buffer.from(text))

describe('several requests on one socket', () => {
  it('have numbers of their own there, and none of it in their calls', () => {
    const { sent, peer, call } = socket()
    const [one, other] = [call(), call()]
    one.carrier.write(
      Buffer.concat([encodeBegin(1, 1, true), encodeRecord(recordType.params, 1, Buffer.from('a'))]),
    )
    other.carrier.write(encodeBegin(1, 1, true))
    expect(records(sent).map(({ type, id }) => [type, id])).toEqual([
      [recordType.begin, 1],
      [recordType.params, 1],
      [recordType.begin, 2],
    ])
    peer.data(Buffer.concat([stdout(2, 'b1'), stdout(1, 'a1'), stdout(2, 'b2'), encodeEnd(2, 0, 0)]))
    peer.data(Buffer.concat([stdout(9, 'nobody'), encodeEnd(1, 0, 0)]))
    expect(records(one.got)).toMatchObject([
      { type: recordType.stdout, id: 1, text: 'a1' },
      { type: recordType.end, id: 1 },
    ])
    expect(records(other.got)).toMatchObject([
      { type: recordType.stdout, id: 1, text: 'b1' },
      { type: recordType.stdout, id: 1, text: 'b2' },
      { type: recordType.end, id: 1 },
    ])
    // All that one read brought comes at once, so that a small answer is one.
    expect(other.got).toHaveLength(1)
  })

  it('may be given up, and their numbers are free when the other side has ended them', () => {
    const { sent, state, multiplexer, peer, call } = socket()
    const { carrier, got } = call()
    const other = call()
    carrier.write(encodeBegin(1, 1, true))
    carrier.destroy()
    expect(records(sent).at(-1)).toMatchObject({ type: recordType.abort, id: 1 })
    expect(multiplexer.isDoubtful).toBe(true)
    peer.data(stdout(1, 'late'))
    expect(got).toEqual([])
    expect(multiplexer.isDoubtful).toBe(false)
    const next = call()
    next.carrier.write(encodeBegin(1, 1, true))
    expect(records(sent).at(-1)).toMatchObject({ type: recordType.begin, id: 3 })
    peer.data(encodeEnd(1, 0, 0))
    const again = call()
    again.carrier.write(encodeBegin(1, 1, true))
    expect(records(sent).at(-1)).toMatchObject({ type: recordType.begin, id: 1 })
    expect(multiplexer.load).toBe(3)
    // Whom nobody waits for any more may as well be gone.
    for (const { carrier: one } of [other, next, again]) one.destroy()
    expect([state.destroyed, state.closed, multiplexer.load]).toEqual([true, 1, 0])
  })

  it('hold up their socket only while one of them is paused', () => {
    const { state, call } = socket()
    const [one, other] = [call(), call()]
    one.carrier.pause()
    other.carrier.pause()
    one.carrier.resume()
    expect(state.paused).toBe(true)
    other.carrier.destroy()
    expect(state.paused).toBe(false)
  })

  it('all hear of its end, and of a refusal', () => {
    const { state, peer, call } = socket()
    const [one, other] = [call(), call()]
    one.carrier.write(encodeBegin(1, 1, true))
    peer.data(encodeEnd(1, 0, protocolStatus.cannotMultiplex))
    expect(state.refused).toBe(1)
    peer.closed('ECONNRESET')
    expect(one.told).toContain('closed ECONNRESET')
    expect(other.told).toContain('closed ECONNRESET')
    expect(state.closed).toBe(1)
  })

  it('end with what is no FastCGI', () => {
    const { state, peer, call } = socket()
    const { told } = call()
    peer.data(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(told).toContain('closed EPROTO')
    expect(state.destroyed).toBe(true)
  })
})
