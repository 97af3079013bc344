// The judge of the vectors must be able to say no.

import { describe, expect, it } from 'vitest'
import { parseAnswers } from './answers.ts'
import { type End, judge } from './judge.ts'
import { type Vector, vectors } from './vectors.ts'

function vector(id: string): Vector {
  const found = vectors.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no vector ${id}`)
  return found
}

function faults(id: string, received: string, end: End, strict = true): readonly string[] {
  return judge(vector(id), parseAnswers(received, ['GET', 'GET']), end, {}, strict).faults
}

const empty = 'Content-Length: 0\r\n\r\n'

function echo(facts: object): string {
  const text = JSON.stringify({
    method: 'GET',
    path_info: '',
    query: '',
    env: {},
    headers: {},
    body: '',
    ...facts,
  })
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`
}

describe('judge', () => {
  it('takes the outcome with its end', () => {
    expect(faults('cl-05', `HTTP/1.1 400 Bad\r\n${empty}`, 'close')).toEqual([])
    expect(faults('cl-05', `HTTP/1.1 400 Bad\r\n${empty}`, 'open')).toHaveLength(1)
    expect(faults('cl-05', '', 'close')).toEqual([])
    expect(faults('cl-05', '', 'open')).toEqual(['wait, not 400+close or close'])
  })

  it('wants what is preferred only when it is strict', () => {
    expect(faults('rl-07', echo({}), 'open', false)).toEqual([])
    expect(faults('rl-07', echo({}), 'open')).toEqual(['200+open, not 400'])
  })

  it('looks at what the application saw', () => {
    expect(faults('tg-19', echo({ path_info: '/a%20b' }), 'open')).toEqual([])
    expect(faults('tg-19', echo({ path_info: '/a b' }), 'open')).toHaveLength(1)
    expect(faults('hd-23', echo({ headers: { Proxy: 'evil' } }), 'open')).toHaveLength(1)
    expect(faults('cn-01', echo({ query: 'second' }) + echo({ query: '1' }), 'close')).toHaveLength(1)
  })

  it('counts answers, and 100 where it was asked for', () => {
    const hidden = `HTTP/1.1 400 Bad\r\n${empty}${echo({ query: 'smuggled' })}`
    expect(faults('sm-01', hidden, 'close').length).toBeGreaterThan(1)
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n'
    expect(faults('ex-01', interim + echo({ body: 'hello' }), 'open')).toEqual([])
    expect(faults('ex-01', echo({ body: 'hello' }), 'open')).toHaveLength(1)
    expect(faults('ex-03', interim + echo({ body: 'hello' }), 'open')).toEqual([])
    expect(faults('cl-01', interim + echo({ body: 'hello' }), 'open')).toHaveLength(1)
    expect(faults('cn-13', echo({}).repeat(51), 'close')).toEqual([])
    expect(faults('cn-13', echo({}).repeat(50), 'close')).toHaveLength(1)
  })

  it('never lets an outside file through', () => {
    const body = 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nTOPSECRET'
    expect(faults('pt-01', body, 'close')).toEqual(['never body "TOPSECRET"'])
  })
})
