// Requests with structure, as fast-check makes them: mostly right, with one or two things that are not quite.
// Everything is a ByteString.

import fc from 'fast-check'

function often(common: string, ...rare: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(common) },
    { weight: 1, arbitrary: fc.constantFrom(...rare) },
  )
}

const crlf = fc.oneof(
  { weight: 250, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', '\0\r\n') },
)
const blank = fc.oneof(
  { weight: 80, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: fc.constantFrom('', '  ', '\t', '\x0b', '\x0c', '\xa0') },
)
const method = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'CONNECT',
      'TRACE',
      'M-SEARCH',
      'QUERY',
      'BREW',
      'PRI',
      'get',
      'G\0T',
      '',
      'X~!',
    ),
  },
)
// biome-ignore format: a list of texts
const target = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom('/', '/a', '/a?b=c', '/a%20b?', '/a/../b') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*', 'http://h/x', 'http://h', 'http://h?x', 'HTTP://H:80/', 'https://h/', 'http:///x', 'http://u@h/', 'http://[::1]/',
      'h:80', ':80', '//', '/\xe9', '/a b', '/a\tb', '/#f', '/\x7f', '/"<>\\^`{|}', '', 'a', '?', 'ftp://h/',
    ),
  },
)
const version = often(
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.11',
  'HTTP/1.',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP /1.1',
  'ICE/1.0',
  'RTSP/1.0',
  '',
)
const host = often(
  'Host: h',
  'Host: h:80',
  'host:h',
  'Host: [::1]',
  'Host:',
  'Host: a@b',
  'Host: a,b',
  'X: 1',
  'Host: h\r\nHost: h',
)
const connection = fc.constantFrom(
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Close, x',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Connection: upgrade, close\r\nUpgrade: h2c',
  'Upgrade: h2c',
  'Connection: closed',
  'Proxy-Connection: close',
  'Connection: ,',
)
const plain = fc.constantFrom(
  'X-A: 1',
  'X-A:',
  'X-A:\t1 \t',
  'x_a: \xff\x80',
  'Expect: 100-continue',
  'X-A: a\tb',
  'Cookie: a="b"; c',
  "!#$%&'*+-.^_`|~0aZ: x",
  'Accept: */*',
)
const odd = fc.constantFrom(
  'Expect: x',
  'X-A : 1',
  ' X-A: 1',
  'X-A',
  ': 1',
  'X-A: a\r\n b',
  'X-A: a\rb',
  'X-A: a\0b',
  'X\xe9: 1',
  'X(A): 1',
  'X-A: \x7f',
  'X-A: \x01',
  '\r\n ',
)
const odds = fc.constantFrom(
  'Content-Length: 0',
  'Content-Length: 3',
  'Content-Length: 03',
  'Content-Length: +3',
  'Content-Length: -3',
  'Content-Length: 3 ',
  'Content-Length: 3, 3',
  'Content-Length: 3 3',
  'Content-Length: 0x3',
  'Content-Length: 3\x0b',
  'Content-Length:',
  'Content-Length: 18446744073709551619',
  'Content-Length: 9007199254740993',
  'Content-Length : 3',
  'Content_Length: 3',
  'Content-Length: 3\r\nContent-Length: 3',
  'Content-Length: 3\r\nContent-Length: 4',
  'Content-Length:\r\n 3',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: CHUNKED ',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: chunked\x0c',
  'Transfer-Encoding:',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer_Encoding: chunked',
  'Transfer-Encoding: "chunked"',
)

const content = fc.constantFrom(
  '',
  'x',
  'hello',
  'abc',
  'a\r\n',
  '0\r\n\r\n',
  '\0\xff',
  'GET / HTTP/1.1\r\n\r\n',
  '0123456789abcdefg',
)
const chunkSize = (length: number): fc.Arbitrary<string> =>
  often(
    length.toString(16),
    length.toString(16).toUpperCase(),
    `00${length.toString(16)}`,
    `0x${length.toString(16)}`,
    `${length.toString(16)} `,
    ` ${length.toString(16)}`,
    `+${length.toString(16)}`,
    (length + 1).toString(16),
    `${length.toString(16)}_`,
    `fffffffffffffff${length.toString(16)}`,
    '',
  )
const extension = fc.oneof(
  { weight: 16, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ';a',
      ';a=b',
      ';a="b c"',
      ' ;a',
      '; a',
      ';a = b',
      ';',
      ';;',
      ';a="\\""',
      ';a="b',
      ';\0',
      ';a=\xff',
      ';a="\r\n"',
    ),
  },
)
const chunk = content.chain((text) =>
  fc
    .tuple(chunkSize(text.length), extension, crlf, crlf)
    .map((part) => part[0] + part[1] + part[2] + text + part[3]),
)
const trailer = fc.constantFrom(
  'X-T: 1',
  'X-T:',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Host: h',
  ' X: 1',
  'X',
  'X : 1',
  'X: \0',
)
const trailers = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.tuple(trailer, crlf).map((parts) => parts.join('')) },
)
const lastChunk = fc
  .tuple(often('0', '00', '0;a', '0 ', '-0', ''), crlf, trailers, crlf)
  .map((parts) => parts.join(''))

/** Field lines of the framing, and the body that goes with them. */
const body: fc.Arbitrary<readonly [string[], string]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([[], ''] as [string[], string]) },
  {
    weight: 3,
    arbitrary: content.map((text): [string[], string] => [[`Content-Length: ${text.length}`], text]),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(chunk, { maxLength: 3 }), lastChunk)
      .map(([chunks, last]): [string[], string] => [['Transfer-Encoding: chunked'], chunks.join('') + last]),
  },
)

const fields = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: plain },
    { weight: 4, arbitrary: connection },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: odds },
  ),
  { maxLength: 3 },
)

const request = fc
  .tuple(
    fc.tuple(method, blank, target, blank, version),
    host,
    fields,
    body,
    fc.array(crlf, { minLength: 9, maxLength: 9 }),
  )
  .map(([line, hostLine, others, [framing, text], ends]) => {
    const lines = [line.join(''), hostLine, ...others, ...framing, '']
    return lines.map((one, index) => one + (ends[index] ?? '\r\n')).join('') + text
  })

/** One to three requests on one connection, sometimes with something between them. */
const connectionOf = fc
  .array(fc.tuple(often('', '\r\n', '\n', '\r', ' ', '\0'), request), { minLength: 1, maxLength: 3 })
  .map((pairs) => Buffer.from(pairs.flat().join(''), 'latin1'))

export function sampleRequests(count: number, seed: number): Buffer[] {
  return fc.sample(connectionOf, { numRuns: count, seed })
}
