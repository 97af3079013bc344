import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Lane, laneBytes, shape } from './lane.ts'

const [posted, asleep, taken, busy, rung, entries] = [0, 16, 32, 33, 48, 64]
const [answered, returned, elsewhere] = [2, 3, 4]

/** The side of Python, done by hand. */
class Side {
  readonly memory = new ArrayBuffer(laneBytes)
  readonly words = new Uint32Array(this.memory, 0, 1024)
  readonly bytes = Buffer.from(this.memory)
  rings = 0
  spreads = 0
  readonly lane = new Lane({ memory: this.memory, ring: () => this.rings++, spread: () => this.spreads++ })
  readonly said: string[] = []

  post(number: number, call = `call ${number}`): boolean {
    return this.lane.post(this.place(number), Buffer.from(call))
  }

  place(number: number) {
    return {
      number,
      answered: (bytes: Buffer) => this.said.push(`${number} answered ${bytes}`),
      returned: (bytes: Buffer) => this.said.push(`${number} returned ${bytes}`),
    }
  }

  word(at: number): number {
    return this.words[at] as number
  }

  /** What the entry holds: the number of its connection and the call. */
  call(entry: number): [number, string] {
    const at = 4096 + entry * (shape.callBytes + shape.answerBytes)
    const [number, length] = [this.word(entries + entry * 4 + 1), this.word(entries + entry * 4 + 2)]
    return [number, this.bytes.toString('latin1', at, at + length)]
  }

  settle(entry: number, status: number, answer = ''): void {
    const at = 4096 + entry * (shape.callBytes + shape.answerBytes) + shape.callBytes
    this.bytes.write(answer, at)
    this.words[entries + entry * 4 + 3] = answer.length
    this.words[entries + entry * 4] = status
    this.words[taken] = this.word(taken) + 1
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a lane', () => {
  it('rings once for the calls of one turn, and not at all while the other side is awake', async () => {
    const side = new Side()
    side.words[asleep] = 1
    expect([side.post(7), side.post(8)]).toEqual([true, true])
    expect([side.rings, side.word(posted)]).toEqual([0, 2])
    await turn()
    expect([side.rings, side.word(asleep)]).toEqual([1, 0])
    expect([side.call(0), side.call(1)]).toEqual([
      [7, 'call 7'],
      [8, 'call 8'],
    ])
    side.post(9)
    await turn()
    expect(side.rings).toBe(1)
  })

  it('hands out answers in whatever order they come, each once, and clears the bell before it looks', () => {
    const side = new Side()
    for (const number of [1, 2, 3]) side.post(number)
    side.words[rung] = 1
    side.settle(1, answered, 'two')
    side.lane.heard()
    expect(side.word(rung)).toBe(0)
    side.settle(0, returned)
    side.settle(2, elsewhere)
    side.lane.heard()
    side.lane.heard()
    expect(side.said).toEqual(['2 answered two', '1 returned call 1'])
  })

  it('says nothing of a call whose slot has gone', () => {
    const side = new Side()
    const place = side.place(1)
    side.lane.post(place, Buffer.from('call'))
    side.lane.leave(place)
    side.settle(0, answered, 'late')
    side.lane.heard()
    expect(side.said).toEqual([])
  })

  it('takes no more than it has entries for, and goes on when there is room, round and round', () => {
    const side = new Side()
    for (let i = 0; i < shape.entries; i++) expect(side.post(i)).toBe(true)
    expect(side.post(99)).toBe(false)
    for (let round = 0; round < 200; round++) {
      side.settle(round % shape.entries, answered, `${round}`)
      side.lane.heard()
      expect(side.post(round)).toBe(true)
      expect(side.post(99)).toBe(false)
    }
    expect(side.said).toHaveLength(200)
  })

  it('leaves to the connection what is too long', () => {
    const side = new Side()
    expect(side.post(1, 'x'.repeat(shape.callBytes))).toBe(true)
    expect(side.post(2, 'x'.repeat(shape.callBytes + 1))).toBe(false)
  })

  it('never believes a length', () => {
    const side = new Side()
    side.post(1)
    side.settle(0, answered, 'short')
    side.words[entries + 3] = 0xffffffff
    side.lane.heard()
    expect(side.said[0]?.length).toBeLessThanOrEqual('1 answered '.length + shape.answerBytes)
  })
})

describe('a call that takes long', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** The first call is at work, for longer than anybody looks. */
  function atWork(): Side {
    const side = new Side()
    side.post(1)
    side.words[taken] = 1
    side.words[busy] = 1
    return side
  }

  it('has those behind it spread, and the lane closed for a while', () => {
    const side = atWork()
    side.post(2)
    vi.advanceTimersByTime(10)
    expect(side.spreads).toBe(1)
    side.settle(1, returned)
    side.lane.heard()
    expect(side.said).toEqual(['2 returned call 2'])
    vi.advanceTimersByTime(230)
    expect(side.post(3)).toBe(false)
    vi.advanceTimersByTime(20)
    expect(side.post(3)).toBe(true)
  })

  it('closes it for longer each time, up to a limit', () => {
    const side = atWork()
    for (const ms of [250, 500, 1000, 2000, 4000, 8000, 8000]) {
      side.post(2)
      vi.advanceTimersByTime(10)
      side.words[taken] = side.word(posted)
      vi.advanceTimersByTime(ms - 20)
      expect(side.post(2)).toBe(false)
      vi.advanceTimersByTime(20)
    }
    expect(side.spreads).toBe(7)
  })

  it('harms nobody while nobody waits behind it', () => {
    const side = atWork()
    vi.advanceTimersByTime(1000)
    expect(side.spreads).toBe(0)
  })

  it('is not one that waits for its turn on the processor', () => {
    const side = new Side()
    side.post(1)
    vi.advanceTimersByTime(90)
    expect(side.spreads).toBe(0)
  })

  it('is any that nobody takes for a tenth of a second, whatever the thread may be doing', () => {
    const side = new Side()
    side.post(1)
    vi.advanceTimersByTime(120)
    expect(side.spreads).toBe(1)
    expect(side.post(2)).toBe(false)
  })
})

describe('a lane that nobody serves any more', () => {
  it('gives back what was not taken, and takes no more', () => {
    const side = new Side()
    for (const number of [1, 2, 3]) side.post(number)
    side.words[taken] = 1
    side.lane.gone()
    expect(side.said).toEqual(['2 returned call 2', '3 returned call 3'])
    expect(side.post(4)).toBe(false)
  })
})

describe('a fault in one answer', () => {
  it('does not keep the others waiting', () => {
    const side = new Side()
    const broken = {
      number: 1,
      answered: () => {
        throw new Error('a fault')
      },
      returned: () => {},
    }
    side.lane.post(broken, Buffer.from('call'))
    side.post(2)
    side.settle(0, answered, 'one')
    side.settle(1, answered, 'two')
    expect(() => side.lane.heard()).toThrow('a fault')
    expect(side.said).toEqual(['2 answered two'])
  })

  it('nor does a bell that did not ring: a sweep hears', () => {
    const side = new Side()
    side.post(1)
    side.settle(0, answered, 'quietly')
    side.lane.sweep()
    expect(side.said).toEqual(['1 answered quietly'])
  })
})
