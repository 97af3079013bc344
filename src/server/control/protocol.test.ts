import { expect, it } from 'vitest'
import { type ControlAnswer, type ControlRequest, encodeLine, parseAnswer, parseRequest } from './protocol.ts'

const requests: ControlRequest[] = [
  { verb: 'status' },
  { verb: 'ps' },
  { verb: 'stack', of: '4711' },
  { verb: 'kill', request: '0f0f-1', by: 'root' },
  { verb: 'logs', lines: 10, request: '0f0f-1', follow: true },
  { verb: 'reload', application: 'shop' },
  { verb: 'reload', application: null },
  { verb: 'stop', now: true },
]

it.each(requests)('reads the request $verb as it was written', (request) => {
  const line = encodeLine(request)
  expect(line.endsWith('\n') && !line.slice(0, -1).includes('\n')).toBe(true)
  expect(parseRequest(line)).toEqual({ kind: 'ok', request })
})

const answers: ControlAnswer[] = [
  { kind: 'hello', version: '0.1.0', pid: 1 },
  { kind: 'data', data: { requests: [] } },
  { kind: 'line', text: 'one\ntwo' },
  { kind: 'note', text: 'x' },
  { kind: 'error', message: 'no' },
  { kind: 'end', exit: 1 },
]

it.each(answers)('reads the answer $kind as it was written', (answer) => {
  expect(parseAnswer(encodeLine(answer))).toEqual(answer)
})

it('takes what is usual for what a request leaves out', () => {
  expect(parseRequest('{"verb":"logs"}')).toEqual({
    kind: 'ok',
    request: { verb: 'logs', lines: 100, request: null, follow: false },
  })
  expect(parseRequest('{"verb":"stop"}')).toEqual({ kind: 'ok', request: { verb: 'stop', now: false } })
})

it.each([
  ['', 'not a JSON object'],
  ['{"verb"', 'not a JSON object'],
  ['[]', 'not a JSON object'],
  ['null', 'not a JSON object'],
  ['7', 'not a JSON object'],
  ['{}', 'does not know the verb null'],
  ['{"verb":"dance"}', 'does not know the verb "dance"'],
  ['{"verb":{"a":1}}', 'does not know the verb {"a":1}'],
  ['{"verb":"stack"}', '"of" is missing'],
  ['{"verb":"kill","request":"a b"}', 'not the id of a request'],
  ['{"verb":"kill","request":7}', 'not the id of a request'],
  ['{"verb":"logs","lines":-1}', 'whole number'],
  ['{"verb":"logs","lines":1.5}', 'whole number'],
  ['{"verb":"logs","request":"*"}', 'not the id of a request'],
  ['{"verb":"reload","application":""}', 'not a name'],
])('refuses %s', (line, message) => {
  expect(parseRequest(line)).toEqual({ kind: 'bad', message: expect.stringContaining(message) })
})

it('takes no other line for an answer', () => {
  for (const line of ['', '{', '[]', '{"kind":"song"}', 'null']) expect(parseAnswer(line)).toBeUndefined()
})
