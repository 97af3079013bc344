import { describe, expect, it } from 'vitest'
import { parseHtpasswd } from './htpasswd.ts'

const hash = `$5$salt$${'x'.repeat(43)}`

describe('parseHtpasswd', () => {
  it('knows the first user behind a byte order mark', () => {
    const { users, problems } = parseHtpasswd(`\ufeffann:${hash}\r\nbob:${hash}\n`)
    expect([...users.keys()]).toEqual(['ann', 'bob'])
    expect(problems).toEqual([])
    expect(parseHtpasswd(`\ufeff# all\nann:${hash}`).problems).toEqual([])
  })

  it('says that a name is not UTF-8, since nobody could have it', () => {
    const file = Buffer.concat([Buffer.from(`ann:${hash}\nj\xf6rg:`, 'latin1'), Buffer.from(hash)])
    const { users, problems } = parseHtpasswd(file.toString('utf8'))
    expect([...users.keys()]).toEqual(['ann'])
    expect(problems).toEqual([
      { line: 2, message: 'the name of the user is not UTF-8', hint: 'Save the file as UTF-8 text' },
    ])
    expect(parseHtpasswd(`jörg:${hash}`).users.size).toBe(1)
  })
})
