import { describe, expect, it } from 'vitest'
import { afterDeath, afterFailedStart, type Fleet, type Member, noHistory, plan } from './plan.ts'

const fleetOf = (members: readonly Member[], change: Partial<Fleet> = {}): Fleet => ({
  wanted: 2,
  generation: 1,
  held: false,
  changing: false,
  drainMs: 60_000,
  members,
  history: noHistory,
  ...change,
})

const ready = (worker: number, since = 0, generation = 1, worn = false): Member => ({
  kind: 'ready',
  worker,
  generation,
  startedAt: since,
  since,
  worn,
})
const worn = (worker: number): Member => ready(worker, 0, 1, true)
const member = (kind: 'starting' | 'stopping' | 'draining', worker: number, generation: number): Member => {
  if (kind === 'draining') return { kind, worker, generation, since: 0, idle: false }
  return kind === 'starting' ? { kind, worker, generation, startedAt: 0 } : { kind, worker, generation }
}
const start = { kind: 'start' }

describe('plan', () => {
  it('starts one worker first and the others when that one is ready', () => {
    expect(plan(fleetOf([], { wanted: 3 }), 0)).toEqual([start])
    expect(plan(fleetOf([member('starting', 1, 1)], { wanted: 3 }), 1)).toEqual([])
    const history = { ...noHistory, everReady: true }
    expect(plan(fleetOf([ready(1, 5)], { wanted: 3, history }), 5)).toEqual([start, start])
  })

  it('does nothing while all are ready', () => {
    expect(plan(fleetOf([ready(1), ready(2)]), 1e9)).toEqual([])
  })

  it('walks an application that never starts through ten failures without a tight loop', () => {
    let fleet = fleetOf([])
    let now = 0
    const startedAt: number[] = []
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(plan(fleet, now)).toEqual([start])
      startedAt.push(now)
      fleet = { ...fleet, history: afterFailedStart(fleet, now) }
      const actions = plan(fleet, now)
      expect(actions).toEqual([{ kind: 'wake', at: fleet.history.notBefore }])
      now = fleet.history.notBefore
    }
    expect(startedAt).toEqual([0, 100, 300, 700, 1500, 3100, 6300, 12_700, 25_500, 51_100])
    expect(fleet.history.notBefore).toBe(51_100 + 30_000)
  })

  it('replaces a worker that had been ready at once, and slower when replacements die soon', () => {
    let fleet = fleetOf([], { history: { ...noHistory, everReady: true }, wanted: 1 })
    const waits: number[] = []
    let now = 1000
    for (let death = 0; death < 4; death += 1) {
      fleet = { ...fleet, history: afterDeath(fleet, { startedAt: now - 1, readySince: now }, now) }
      waits.push(fleet.history.notBefore - now)
      now = fleet.history.notBefore
      expect(plan(fleet, now)).toEqual([start])
    }
    expect(waits).toEqual([0, 100, 200, 400])
  })

  it('replaces all at once when workers that had served for long were killed together', () => {
    let fleet = fleetOf([], { history: { ...noHistory, everReady: true }, wanted: 4 })
    for (let death = 0; death < 4; death += 1) {
      fleet = { ...fleet, history: afterDeath(fleet, { startedAt: 0, readySince: 10 }, 3_600_000) }
    }
    expect(plan(fleet, 3_600_000)).toEqual([start, start, start, start])
  })

  it('forgets failures when a worker that started later has been ready for ten seconds', () => {
    const history = { everReady: true, failures: 6, failedAt: 1000, notBefore: 4200 }
    const fleet = fleetOf([ready(9, 4200)], { history })
    expect(afterFailedStart(fleet, 4200 + 9999).failures).toBe(7)
    expect(afterFailedStart(fleet, 4200 + 10_000).failures).toBe(1)
  })

  it('does not take old workers for a proof that new ones start', () => {
    const history = { everReady: true, failures: 6, failedAt: 1_000_000, notBefore: 1_003_200 }
    const fleet = fleetOf([ready(1, 0)], { history })
    expect(afterFailedStart(fleet, 1_100_000).failures).toBe(7)
    expect(plan(fleet, 1_003_200)).toEqual([start])
  })

  it('starts the replacement of a stuck worker first and retires it when it is idle', () => {
    const stuck: Member = { kind: 'stuck', worker: 1, generation: 1, since: 100, idle: false }
    const history = { ...noHistory, everReady: true }
    expect(plan(fleetOf([stuck, ready(2)], { history }), 100)).toEqual([{ kind: 'wake', at: 60_100 }, start])
    expect(plan(fleetOf([{ ...stuck, idle: true }, ready(2), ready(3)], { history }), 200)).toEqual([
      { kind: 'retire', worker: 1 },
    ])
  })

  it('retires a stuck worker after drain_time although its neighbours still run', () => {
    const stuck: Member = { kind: 'stuck', worker: 1, generation: 1, since: 100, idle: false }
    expect(plan(fleetOf([stuck, ready(2), ready(3)]), 60_099)).toEqual([{ kind: 'wake', at: 60_100 }])
    expect(plan(fleetOf([stuck, ready(2), ready(3)]), 60_100)).toEqual([{ kind: 'retire', worker: 1 }])
  })

  it('keeps no more stuck workers than are wanted', () => {
    const stuck = (worker: number): Member => ({
      kind: 'stuck',
      worker,
      generation: 1,
      since: worker,
      idle: false,
    })
    const actions = plan(fleetOf([stuck(3), stuck(1), stuck(2), ready(4), ready(5)]), 10)
    expect(actions.filter((action) => action.kind === 'retire')).toEqual([{ kind: 'retire', worker: 1 }])
  })
})

describe('plan for a new generation', () => {
  const second = { generation: 2 }
  const known = { ...noHistory, everReady: true }
  const failed = { ...noHistory, failures: 1, failedAt: 1000, notBefore: 1100 }

  it('starts one worker of it and leaves the old ones at work', () => {
    expect(plan(fleetOf([ready(1), ready(2)], second), 5)).toEqual([start])
    expect(plan(fleetOf([ready(1), ready(2), member('starting', 3, 2)], second), 6)).toEqual([])
  })

  it('drains the old ones when it has one that is ready, and starts the others as the old ones end', () => {
    const fleet = fleetOf([ready(1), ready(2), ready(3, 5, 2)], { ...second, history: known })
    expect(plan(fleet, 5)).toEqual([
      { kind: 'drain', worker: 1 },
      { kind: 'drain', worker: 2 },
    ])
    const of = (...members: Member[]) => {
      const actions = plan(fleetOf([...members, ready(3, 5, 2)], { ...second, history: known }), 6)
      return actions.filter(({ kind }) => kind === 'start').length
    }
    expect(of(member('draining', 1, 1), member('draining', 2, 1))).toBe(0)
    expect(of(member('stopping', 1, 1), member('draining', 2, 1))).toBe(0)
    expect(of(member('draining', 2, 1))).toBe(1)
  })

  it('retires a draining worker when it is idle or after drain_time', () => {
    const draining = { kind: 'draining', worker: 1, generation: 1, since: 100, idle: false } as const
    const of = (member: Member, now: number) =>
      plan(fleetOf([member, ready(2, 5, 2), ready(3, 5, 2)], { ...second, history: known }), now)
    expect(of(draining, 200)).toEqual([{ kind: 'wake', at: 60_100 }])
    expect(of(draining, 60_100)).toEqual([{ kind: 'retire', worker: 1 }])
    expect(of({ ...draining, idle: true }, 200)).toEqual([{ kind: 'retire', worker: 1 }])
  })

  it('starts nothing while the code is being written', () => {
    expect(plan(fleetOf([ready(1)], { changing: true }), 5)).toEqual([])
  })

  it('gives up a start on outdated code', () => {
    const actions = plan(fleetOf([ready(1), ready(2), member('starting', 3, 2)], { generation: 3 }), 5)
    expect(actions).toEqual([{ kind: 'retire', worker: 3 }, start])
  })

  it('leaves the work to the old ones when it fails, and tries again only where one of them is missing', () => {
    const of = (members: Member[], now: number) => plan(fleetOf(members, { ...second, history: failed }), now)
    expect(of([ready(1), ready(2)], 1_000_000)).toEqual([])
    expect(of([ready(1)], 1050)).toEqual([{ kind: 'wake', at: 1100 }])
    expect(of([ready(1)], 1100)).toEqual([start])
  })
})

describe('a worn worker', () => {
  const history = { ...noHistory, everReady: true }

  it('goes when the one that takes its place is ready, not before', () => {
    expect(plan(fleetOf([worn(1), ready(2)], { history }), 0)).toEqual([start])
    const waiting = [worn(1), ready(2), member('starting', 3, 1)]
    expect(plan(fleetOf(waiting, { history }), 0)).toEqual([])
    const relieved = [worn(1), ready(2), ready(3)]
    expect(plan(fleetOf(relieved, { history }), 0)).toEqual([{ kind: 'drain', worker: 1 }])
  })

  it('is followed by the next when several are worn: one more than wanted lives, not twice as many', () => {
    expect(plan(fleetOf([worn(1), worn(2)], { history }), 0)).toEqual([start])
    expect(plan(fleetOf([worn(1), worn(2), member('starting', 3, 1)], { history }), 0)).toEqual([])
    expect(plan(fleetOf([worn(1), worn(2), ready(3)], { history }), 0)).toEqual([
      { kind: 'drain', worker: 1 },
    ])
    const draining = [member('draining', 1, 1), worn(2), ready(3)]
    expect(plan(fleetOf(draining, { history }), 0).filter(({ kind }) => kind !== 'wake')).toEqual([])
    expect(plan(fleetOf([worn(2), ready(3)], { history }), 0)).toEqual([start])
  })

  it('leaves room for itself in the memory also after a crash', () => {
    const crashed = { ...history, failures: 1, failedAt: 0, notBefore: 0 }
    const draining = Array.from({ length: 8 }, (_, i) => member('draining', i + 10, 1))
    const fleet = fleetOf([...draining, worn(1)], { wanted: 1, history: crashed })
    expect(plan(fleet, 1).filter(({ kind }) => kind === 'start')).toEqual([])
  })

  it('stays while no other can be started', () => {
    const failed = { ...history, failures: 1, failedAt: 0, notBefore: 500 }
    expect(plan(fleetOf([worn(1), ready(2)], { history: failed }), 0)).toEqual([{ kind: 'wake', at: 500 }])
  })

  it('is outdated like any other when a newer generation is ready', () => {
    const members = [worn(1), ready(2, 0, 2)]
    expect(plan(fleetOf(members, { history, generation: 2 }), 0)).toContainEqual({ kind: 'drain', worker: 1 })
  })
})
