import { expect, it } from 'vitest'
import { interpreterOf } from '../process/system/first-line.ts'
import { recordType } from '../wire/fastcgi.ts'
import { decodePairs, encodePair } from '../wire/fastcgi-params.ts'
import { argumentsOf } from './arguments.ts'
import { managementAnswer } from './management.ts'
import { directoryOf, readable } from './octets.ts'
import { parseFormat } from './other-formats.ts'
import { Places } from './places.ts'
import { verdictOf } from './verdict.ts'

it.each([
  ['GET', 'a+b%20c', ['a', 'b c']],
  ['HEAD', '%E9+%zz', ['\xe9', '%zz']],
  ['POST', 'a+b', []],
  ['GET', 'a=b', []],
  ['GET', '-s', []],
  ['GET', 'a+%2ds', []],
  ['GET', 'a%00', []],
  ['GET', '', []],
  ['GET', Array.from({ length: 101 }, () => 'a').join('+'), []],
])('makes arguments of %s ?%s', (method, query, words) => {
  expect(argumentsOf(method, query)).toEqual(words)
})

it.each([
  [0, true, undefined, 0, ''],
  [3, true, undefined, 0, 'ended with exit code 3'],
  [3, false, undefined, 3, 'ended with exit code 3'],
  [-9, true, undefined, 137, 'was ended by signal 9 (SIGKILL)'],
  [-24, false, undefined, 152, 'was ended by signal 24 (SIGXCPU) because it went beyond its "cpu" in limits'],
  [-15, true, 'time', 124, 'was ended because it took longer than "time" allows'],
  [-15, true, 'interrupt', 143, 'was ended because somebody asked for it (15 (SIGTERM))'],
  [1, false, 'interrupt', 1, 'was ended because somebody asked for it; it ended with exit code 1'],
] as const)('judges exit %i, answered %s, reason %s', (code, answered, reason, status, sentence) => {
  expect(verdictOf(code, answered, reason)).toEqual({ status, sentence })
})

it('gives places in the order of asking, and none to whoever has gone', () => {
  const places = new Places(1)
  const got: string[] = []
  const waiting = (name: string) => ({ placed: () => void got.push(name) })
  const second = waiting('second')
  for (const one of [waiting('first'), second, waiting('third')]) places.take(one)
  places.leave(second)
  expect(got).toEqual(['first'])
  places.release()
  expect(got).toEqual(['first', 'third'])
  places.release()
  places.take(waiting('fourth'))
  expect(got.at(-1)).toBe('fourth')
})

it('answers what is asked of it, and what nobody knows', () => {
  const query = Buffer.from(encodePair('FCGI_MPXS_CONNS', '') + encodePair('OTHER', ''), 'latin1')
  const answer = managementAnswer(recordType.getValues, query, 4)
  expect(answer?.[1]).toBe(recordType.getValuesResult)
  expect(decodePairs(answer?.subarray(8) ?? query)).toEqual({ kind: 'ok', pairs: ['FCGI_MPXS_CONNS', '0'] })
  expect(managementAnswer(77, Buffer.alloc(0), 4)?.subarray(1, 9)).toEqual(
    Buffer.from([recordType.unknownType, 0, 0, 0, 8, 0, 0, 77]),
  )
  expect(managementAnswer(recordType.getValues, Buffer.from([9]), 4)).toBeUndefined()
})

it.each([
  ['#!/bin/sh', '/bin/sh'],
  ['#! \t/usr/bin/env python3', '/usr/bin/env'],
  ['#!/bin/sh\r', '/bin/sh\r'],
  ['#!', undefined],
  ['echo', undefined],
])('finds the interpreter of %j', (line, interpreter) => {
  expect(interpreterOf(line)).toBe(interpreter)
})

it('knows formats that the kernel was told about', () => {
  const magic = parseFormat('enabled\ninterpreter /usr/bin/x\nflags: \noffset 1\nmagic 4142\nmask ff0f\n')
  expect([magic?.takes('/x', ' Aa'), magic?.takes('/x', ' AB'), magic?.takes('/x', ' A')]).toEqual([
    false,
    true,
    false,
  ])
  expect(parseFormat('enabled\ninterpreter /x\nflags: \nextension .jar\n')?.takes('/a/b.jar', '')).toBe(true)
  expect(parseFormat('disabled\ninterpreter /x\nflags: \nextension .jar\n')).toBeUndefined()
})

it('shows paths in a line of the log', () => {
  expect(readable(Buffer.from('/é\n').toString('latin1'))).toBe('/é\\n')
  expect(readable('/\xe9\r')).toBe('/\\xe9\\r')
  expect(['/a/b/c', '/a', '/', '/a/b/'].map(directoryOf)).toEqual(['/a/b', '/', '/', '/a'])
})
