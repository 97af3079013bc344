import { afterEach, describe, expect, it } from 'vitest'
import { clfDate, isoDate } from './clf-date.ts'

const givenZone = process.env.TZ
const wallMs = Date.UTC(2026, 10, 22, 17, 5, 0, 7)

afterEach(() => {
  if (givenZone === undefined) delete process.env.TZ
  else process.env.TZ = givenZone
})

describe('clfDate', () => {
  it('is local time with its distance from UTC', () => {
    process.env.TZ = 'Asia/Kolkata'
    expect(clfDate(wallMs)).toBe('[22/Nov/2026:22:35:00 +0530]')
    process.env.TZ = 'America/St_Johns'
    expect(clfDate(wallMs + 1000)).toBe('[22/Nov/2026:13:35:01 -0330]')
  })

  it('is the same text within a second and another one after it', () => {
    process.env.TZ = 'UTC'
    expect(clfDate(wallMs + 2000)).toBe('[22/Nov/2026:17:05:02 +0000]')
    expect(clfDate(wallMs + 2992)).toBe('[22/Nov/2026:17:05:02 +0000]')
    expect(clfDate(wallMs + 2993)).toBe('[22/Nov/2026:17:05:03 +0000]')
  })
})

describe('isoDate', () => {
  it('agrees with the date of the language', () => {
    for (const ms of [0, 7, 42, 992, 993, 1500]) {
      expect(isoDate(wallMs + ms)).toBe(new Date(wallMs + ms).toISOString())
    }
  })
})
