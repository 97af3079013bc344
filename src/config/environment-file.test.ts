import { describe, expect, it } from 'vitest'
import { parseEnvironmentFile } from './environment-file.ts'

const readValue = (line: string) => parseEnvironmentFile(line).entries[0]?.value

describe('parseEnvironmentFile', () => {
  it.each([
    ['A=b', 'b'],
    ['export A=b', 'b'],
    ['A = b c ', 'b c'],
    ['A=', ''],
    ['A="b # c"  # d', 'b # c'],
    ["A='$b\\n'", '$b\\n'],
    ['A="b\\n\\"c\\""', 'b\n"c"'],
    ['A=b#c', 'b#c'],
    ['A=b # c', 'b'],
    ['A=postgres://u:p=1@h/d?x=y', 'postgres://u:p=1@h/d?x=y'],
    ['\uFEFFA=b', 'b'],
  ])('reads %s', (line, value) => {
    expect(readValue(line)).toBe(value)
  })

  it('skips empty lines and comments and counts lines', () => {
    const { entries, problems } = parseEnvironmentFile('# a\r\n\r\n; b\r\nA=1\r\n')
    expect([entries, problems]).toEqual([[{ name: 'A', value: '1', line: 4 }], []])
  })

  it.each(['A', '1A=b', 'A-B=c', 'A="b', "A='b' c", '=b'])('reports the line %s', (line) => {
    expect(parseEnvironmentFile(line).problems).toHaveLength(1)
  })
})
