import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp } from '../ip-address.ts'
import type { Fields } from './fields.ts'
import { type ForwardedChoice, maxForwardedElements, readForwarded } from './forwarded.ts'
import { findForwarded } from './forwarded-fields.ts'

/** Every 10.x.x.x is a trusted proxy. */
const trusts = (octets: Uint8Array): boolean => octets.length === 4 && octets[0] === 10

/** 'address:port scheme authority port', a dash for what is not told; '' for nothing at all. */
function hear(fields: Fields, choice: ForwardedChoice = 'auto'): string {
  const found = findForwarded(fields)
  const facts = found && readForwarded(found, choice, trusts)
  if (facts === undefined) return ''
  const { client, scheme = '-', authority = '-', port = '-' } = facts
  if (client !== undefined) expect(formatIp(client.octets)).toBe(client.address)
  return [client ? `${client.address}:${client.port}` : '-', scheme, authority, port].join(' ')
}

const forwarded = (...values: string[]): string => hear(values.flatMap((value) => ['Forwarded', value]))
const xFor = (...values: string[]): string => hear(values.flatMap((value) => ['X-Forwarded-For', value]))

describe('Forwarded', () => {
  it.each([
    ['for=192.0.2.60', '192.0.2.60:0 - - -'],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60:0 http - -'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17:4711 - - -'],
    ['FOR=192.0.2.1;PROTO=HTTPS;HOST=Shop.test', '192.0.2.1:0 https Shop.test -'],
    ['for="192.0.2.1:80";host="shop.test:8443"', '192.0.2.1:80 - shop.test:8443 -'],
    ['for="192.0.2.1:_port"', '192.0.2.1:0 - - -'],
    ['for="[::ffff:192.0.2.1]"', '192.0.2.1:0 - - -'],
    ['for="\\1\\92.0.2.1"', '192.0.2.1:0 - - -'],
    ['for=192.0.2.1; proto=https ;; host=a.test;', '192.0.2.1:0 https a.test -'],
    ['for=192.0.2.1;secret="a, b; for=10.0.0.1 \\" ,"', '192.0.2.1:0 - - -'],
    ['proto=https', '- https - -'],
  ])('%s', (text, told) => {
    expect(forwarded(text)).toBe(told)
  })

  it.each(['for=unknown', 'for=_gazonk', 'for="_a.b-c:80"', 'for="unknown:80"'])(
    '%s hides the address and nothing else',
    (text) => {
      expect(forwarded(`${text};proto=https;host=a.test`)).toBe('- https a.test -')
    },
  )

  it.each([
    'for=192.0.2.1:80',
    'for=[2001:db8::1]',
    'for=192.0.2.1;for=192.0.2.2',
    'for=192.0.2.1 proto=https',
    'for = 192.0.2.1',
    'for',
    '=x',
    'for=',
    ';',
    '',
    'for="192.0.2.1',
    'for="192.0.2.1"x',
    'for="192.0.2.1\\"',
    'for=192.0.2.1,',
  ])('%s is not valid and tells nothing', (text) => {
    expect(forwarded(text)).toBe('')
  })

  it.each([
    'for="2001:db8::1"',
    'for="[192.0.2.1]"',
    'for=192.0.2.256',
    'for=shop.test',
    'for="192.0.2.1:65536"',
    'for="[fe80::1%eth0]"',
    'for=""',
  ])('%s names no address', (text) => {
    expect(forwarded(`${text};proto=https`)).toBe('- https - -')
  })

  it('believes http, https and valid hosts only', () => {
    expect(forwarded('for=192.0.2.1;proto=wss;host="a b"')).toBe('192.0.2.1:0 - - -')
    expect(forwarded('for=192.0.2.1;proto="https://";host="user@a.test"')).toBe('192.0.2.1:0 - - -')
  })
})

describe('the walk over Forwarded', () => {
  it('ends at the first address that is not trusted, and believes what its proxy wrote of it', () => {
    const chain =
      'for=6.6.6.6;proto=http;host=evil.test, for=192.0.2.1;proto=https;host=a.test, for=10.0.0.1;proto=http;host=in'
    expect(forwarded(chain)).toBe('192.0.2.1:0 https a.test -')
    expect(forwarded(...chain.split(', '))).toBe('192.0.2.1:0 https a.test -')
  })

  it('takes the leftmost when all are trusted', () => {
    expect(forwarded('for=10.0.0.3;host=a.test, for=10.0.0.2;host=b.test')).toBe('10.0.0.3:0 - a.test -')
  })

  it('stops where an element hides its address or is not valid', () => {
    expect(forwarded('for=6.6.6.6, for=_x;proto=https, for=10.0.0.1;proto=http')).toBe('10.0.0.1:0 https - -')
    expect(forwarded('for=6.6.6.6;proto=https, nonsense, for=10.0.0.1;proto=http')).toBe(
      '10.0.0.1:0 http - -',
    )
    expect(forwarded('for=6.6.6.6;proto=https, , for=10.0.0.1')).toBe('10.0.0.1:0 - - -')
  })

  it.each(['for="', 'for="\\', 'for="a\\"', '"', 'x="y" "', '\\"', 'for=6.6.6.6;proto="https'])(
    'is not led astray by a client that sends %s',
    (opened) => {
      const told = '192.0.2.1:0 https a.test -'
      expect(forwarded(`${opened}, for=192.0.2.1;proto=https;host=a.test`)).toBe(told)
      expect(forwarded(opened, 'for="192.0.2.1";proto="https";host="a.test"')).toBe(told)
    },
  )

  it('goes over a bounded number of elements', () => {
    const proxies = (count: number): string => Array(count).fill('for=10.0.0.9').join(', ')
    expect(forwarded(`for=192.0.2.1, ${proxies(maxForwardedElements - 1)}`)).toBe('192.0.2.1:0 - - -')
    expect(forwarded(`for=192.0.2.1, ${proxies(maxForwardedElements)}`)).toBe('10.0.0.9:0 - - -')
  })
})

describe('X-Forwarded-For', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1:0 - - -'],
    ['192.0.2.1:4000', '192.0.2.1:4000 - - -'],
    ['2001:DB8::1', '2001:db8::1:0 - - -'],
    ['[2001:db8::1]', '2001:db8::1:0 - - -'],
    ['[2001:db8::1]:4000', '2001:db8::1:4000 - - -'],
    ['::ffff:192.0.2.1', '192.0.2.1:0 - - -'],
    ['6.6.6.6,192.0.2.1', '192.0.2.1:0 - - -'],
    ['6.6.6.6, 192.0.2.1 , 10.0.0.1\t,10.0.0.2', '192.0.2.1:0 - - -'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3:0 - - -'],
    ['6.6.6.6, unknown, 10.0.0.1', '10.0.0.1:0 - - -'],
    ['6.6.6.6, , 10.0.0.1', '10.0.0.1:0 - - -'],
    [', 10.0.0.1', '10.0.0.1:0 - - -'],
    ['6.6.6.6, unix:, 10.0.0.1', '10.0.0.1:0 - - -'],
    ['unknown', '- - - -'],
    ['', '- - - -'],
    ['192.0.2.1,', '- - - -'],
    ['"192.0.2.1"', '- - - -'],
    ['for=192.0.2.1', '- - - -'],
  ])('%s', (text, told) => {
    expect(xFor(text)).toBe(told)
  })

  it('joins fields in their order', () => {
    expect(xFor('6.6.6.6', '192.0.2.1', '10.0.0.1')).toBe('192.0.2.1:0 - - -')
  })

  it('goes over a bounded number of elements', () => {
    expect(xFor(`192.0.2.1, ${Array(maxForwardedElements).fill('10.0.0.9').join(',')}`)).toBe(
      '10.0.0.9:0 - - -',
    )
  })

  const all = (list: string, proto: string, host: string, port: string): string =>
    hear([
      'x-forwarded-for',
      list,
      'X-FORWARDED-PROTO',
      proto,
      'X-Forwarded-Host',
      host,
      'X-Forwarded-Port',
      port,
    ])

  it('comes with the scheme, host and port that the proxy of the client wrote', () => {
    expect(all('192.0.2.1', 'https', 'a.test', '8443')).toBe('192.0.2.1:0 https a.test 8443')
    expect(all('6.6.6.6, 192.0.2.1', 'http, https', 'evil.test, a.test', '1, 443')).toBe(
      '192.0.2.1:0 https a.test 443',
    )
    const chain = all('6.6.6.6, 192.0.2.1, 10.0.0.1', 'x, https, http', 'evil, a.test, in', '1, 443, 80')
    expect(chain).toBe('192.0.2.1:0 https a.test 443')
  })

  it('takes a field that a nearer proxy wrote anew as it is', () => {
    expect(all('192.0.2.1, 10.0.0.1', 'https', 'a.test', '443')).toBe('192.0.2.1:0 https a.test 443')
  })

  it('never looks left of what trusted proxies wrote', () => {
    expect(all('192.0.2.1', 'https, gopher', 'evil.test, not valid', '443, 0')).toBe('192.0.2.1:0 - - -')
    expect(all('192.0.2.1', 'https,', 'evil.test,', '443,')).toBe('192.0.2.1:0 - - -')
  })

  it('may be missing where only the scheme is told', () => {
    expect(hear(['X-Forwarded-Proto', 'http, HTTPS'])).toBe('- https - -')
  })

  it.each(['0', '65536', '80x', '-1', '', '000080'])('the port "%s" is none', (port) => {
    expect(all('192.0.2.1', 'https', 'a.test', port)).toBe('192.0.2.1:0 https a.test -')
  })
})

describe('a client whose address is not told', () => {
  const isHidden = (...fields: string[]): boolean | undefined => {
    const found = findForwarded(fields)
    return found && readForwarded(found, 'auto', trusts)?.hidden
  }

  it.each([
    ['X-Forwarded-For', 'unknown'],
    ['X-Forwarded-For', ''],
    ['X-Forwarded-For', '6.6.6.6, unix:, 10.0.0.1'],
    ['X-Forwarded-For', `192.0.2.1, ${Array(maxForwardedElements).fill('10.0.0.9').join(',')}`],
    ['X-Forwarded-Proto', 'https'],
    ['Forwarded', 'for=_hidden'],
    ['Forwarded', 'proto=https'],
    ['Forwarded', 'for=6.6.6.6, for=_x;proto=https, for=10.0.0.1;proto=http'],
  ])('stands behind %s: %s', (name, value) => {
    expect(isHidden(name, value)).toBe(true)
  })

  it.each([
    ['X-Forwarded-For', '192.0.2.1'],
    ['X-Forwarded-For', 'unknown, 192.0.2.1'],
    ['X-Forwarded-For', '10.0.0.3, 10.0.0.2'],
    ['Forwarded', 'for=_x, for=192.0.2.1'],
    ['Forwarded', 'for=10.0.0.3, for=10.0.0.2'],
  ])('does not stand behind %s: %s', (name, value) => {
    expect(isHidden(name, value)).toBe(false)
  })
})

describe('the families', () => {
  const both = ['Forwarded', 'for=192.0.2.7;host=rfc.test', 'X-Forwarded-For', '192.0.2.8']

  it('never mix: X-Forwarded-* goes first unless the configuration says otherwise', () => {
    expect(hear(both)).toBe('192.0.2.8:0 - - -')
    expect(hear(both, 'x-forwarded')).toBe('192.0.2.8:0 - - -')
    expect(hear(both, 'forwarded')).toBe('192.0.2.7:0 - rfc.test -')
    expect(hear(['X-Forwarded-Proto', 'https', ...both.slice(0, 2)])).toBe('- https - -')
  })

  it('that does not count tells nothing', () => {
    expect(hear(both.slice(0, 2), 'x-forwarded')).toBe('')
    expect(hear(both.slice(2), 'forwarded')).toBe('')
    expect(hear(['X-Real-IP', '192.0.2.1', 'X-Forwarded-Server', 'x', 'Via', 'y'])).toBe('')
  })
})

describe('any forwarded text', () => {
  const word = fc.constantFrom(
    ...'for=|proto=|host=|10.0.0.1|192.0.2.1|https|"|\\|,|;| |[|]|::1|:80|_x|unknown|='.split('|'),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word).map((words) => words.join('')),
  )
  const name = fc.constantFrom(
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
  )
  const fields = fc.array(fc.tuple(name, text), { maxLength: 6 }).map((pairs) => pairs.flat())
  const choice = fc.constantFrom<ForwardedChoice>('auto', 'x-forwarded', 'forwarded')

  it('is read without a throw, into what is valid', () => {
    fc.assert(
      fc.property(fields, choice, (pairs, which) => {
        expect(hear(pairs, which)).toMatch(/^$|^(-|[0-9a-f.:]+:\d+) (-|https?) \S+ (-|\d+)$/)
      }),
      { numRuns: 3000 },
    )
  })

  it('left of what the trusted proxy wrote changes nothing', () => {
    fc.assert(
      fc.property(text, (left) => {
        expect(forwarded(left, 'for="192.0.2.1:7";proto=https;host="a.test"')).toBe(
          '192.0.2.1:7 https a.test -',
        )
        expect(hear(['X-Forwarded-For', `${left}, 192.0.2.1`, 'X-Forwarded-Host', `${left}, a.test`])).toBe(
          '192.0.2.1:0 - a.test -',
        )
      }),
      { numRuns: 2000 },
    )
  })
})
