// Golden files of the configuration: what is written above, what Portico makes of it below. UPDATE=1 rewrites.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseGolden, renderGolden, runGolden } from './golden.ts'

const directory = new URL('.', import.meta.url).pathname
const names = readdirSync(directory)
const cases = names.filter((name) => name.endsWith('.txt'))
const results = ['problems', 'warnings', 'effective', 'print']

describe('portico.yaml', () => {
  it.each(cases)('gives what %s says', (name) => {
    const path = join(directory, name)
    const text = readFileSync(path, 'utf8')
    const { intro, sections } = parseGolden(text)
    const now = renderGolden(intro, runGolden(sections))
    if (process.env.UPDATE === '1') writeFileSync(path, now)
    else expect(now).toBe(text)
  })

  it('has a result in every golden file, and no file that nobody reads', () => {
    const withoutResult = cases.filter((name) => {
      const { sections } = parseGolden(readFileSync(join(directory, name), 'utf8'))
      return !sections.some((section) => results.includes(section.name.split(' ')[0] ?? ''))
    })
    expect(withoutResult).toEqual([])
    expect(names.filter((name) => !cases.includes(name))).toEqual(['config.test.ts', 'golden.ts'])
  })
})
