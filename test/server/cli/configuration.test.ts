// Configurations that cannot be read or are wrong: `portico serve` and `portico check` say so alike, with exit code 78.

import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { portico, scratch } from './command.ts'

const wrong = `listne: "8000"
limits: { head_time: 15 }
applications:
  shop: { wsgi: "shop.wsgi:app", threds: 4 }
mounts:
  /: shoop
`
const wrongText = `wrong.yaml:1:1: listne: "listne" is not a known key
  Did you mean "listen"? Allowed here: listen,`

describe.each(['serve', 'check'])('portico %s', (verb) => {
  it.each([
    ['a file that is missing', 'no.yaml', /^no\.yaml: the file does not exist\n {2}\S/],
    ['binary junk', 'junk.yaml', /^junk\.yaml: the file is not UTF-8\n {2}Save it as UTF-8 text\n/],
    [
      'a text that is no YAML',
      'broken.yaml',
      /^broken\.yaml:1:9: "\[" is not closed\n {2}1 \| listen: .+\n {4}\| {9}\^\n {2}End it with "\]"/,
    ],
    ['a directory of that name', 'site', /^site\/portico\.yaml: a directory, but a file is expected\n {2}\S/],
    ['a link to itself', 'loop.yaml', /^loop\.yaml: the file cannot be read: ELOOP/],
  ])('refuses %s', async (_, name, message) => {
    const directory = scratch({
      'junk.yaml': Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81, 0x0a]),
      'broken.yaml': 'listen: [1, 2}\n',
      'site/portico.yaml/': '',
    })
    symlinkSync('loop.yaml', join(directory, 'loop.yaml'))
    const { code, stdout, stderr } = await portico([verb, name], { directory })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/\n1 problem\n$/)
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
  })

  it('tells all problems at once, each with its place and a suggestion', async () => {
    const directory = scratch({ 'wrong.yaml': wrong })
    const { code, stdout, stderr } = await portico([verb, 'wrong.yaml'], { directory })
    expect(stderr.slice(0, wrongText.length)).toBe(wrongText)
    expect(stderr).toMatch(
      /^wrong\.yaml:2:\d+: limits\.head_time: "15" has no unit\n {2}Units are needed: write 15s /m,
    )
    expect(stderr).toMatch(
      /^wrong\.yaml:4:34: applications\.shop\.threds: "threds" is not a known key\n {2}Did you mean "threads"\?/m,
    )
    expect(stderr).toMatch(/^wrong\.yaml:6:6: mounts.+"shoop"\n {2}Did you mean "shop"\?/m)
    expect(stderr).toMatch(/\n4 problems\n$/)
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
  })

  it('lets no control character of a configuration reach the terminal', async () => {
    const directory = scratch({ 'steers.yaml': '"a\\e[31m\\x9b": 1\n' })
    const { code, stderr } = await portico([verb, 'steers.yaml'], { directory })
    expect(code).toBe(78)
    expect(stderr).toMatch(/^steers\.yaml:1:1: .*"a\\x1b\[31m\\x9b" is not a known key$/m)
    expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  })

  it.each([
    [
      'an interpreter',
      'python: no/python',
      /: applications\.a\.python: the interpreter ".+" does not exist\n {2}/,
    ],
    [
      'a directory',
      'directory: away',
      /: applications\.a\.directory: the directory ".+\/away" does not exist\n {2}/,
    ],
  ])('refuses %s that is not there', async (_, setting, message) => {
    const directory = scratch({
      'portico.yaml': `applications: { a: { wsgi: "m:app", ${setting} } }\nmounts: { /: a }\n`,
    })
    const { code, stderr } = await portico([verb], { directory })
    expect(stderr).toMatch(message)
    expect(code).toBe(78)
  })

  it('says what it looked for in a directory with nothing in it', async () => {
    const directory = scratch()
    const { code, stdout, stderr } = await portico([verb], { directory })
    expect(stderr).toMatch(/^nothing to serve found in /)
    expect(stderr).toMatch(/Looked for portico\.yaml.*manage\.py/)
    expect(stderr).toMatch(/Name the application with "portico serve module:callable"/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})

it.skipIf(process.getuid?.() !== 0)('refuses a configuration that its user may not read', async () => {
  const directory = scratch({ 'secret.yaml': 'mounts: {}\n' })
  chmodSync(join(directory, 'secret.yaml'), 0o600)
  const { code, stderr } = await portico(['serve', 'secret.yaml'], { directory, uid: 65534 })
  expect(stderr).toMatch(/^secret\.yaml: the file may not be read by this user\n {2}Change its permissions/)
  expect(code).toBe(78)
})

it.skipIf(process.getuid?.() !== 0)('refuses a directory that its user may not read', async () => {
  const directory = scratch({ 'index.html': '' })
  chmodSync(directory, 0o700)
  const { code, stderr } = await portico(['serve', directory], { uid: 65534 })
  expect(stderr).toMatch(/^the directory "\S+" may not be read by this user\n {2}Change its permissions/)
  expect(code).toBe(1)
})

it.each(['error', 'access'])('says which log cannot be opened: the %s log', async (log) => {
  // A directory in which nobody can make a file, not even root.
  const config = `listen: "127.0.0.1:0"\nlog: { ${log}: /proc/portico.log }\nmounts: { /: { files: . } }\n`
  const { code, stderr } = await portico(['serve'], { directory: scratch({ 'portico.yaml': config }) })
  expect(stderr).toMatch(
    new RegExp(`^Cannot open the ${log} log "/proc/portico\\.log": .+\\n {2}Let the users .+\\n$`),
  )
  expect(code).toBe(1)
})

describe('portico check', () => {
  const good = 'listen: "127.0.0.1:0"\nmounts:\n  /: { files: public }\n  /go: { redirect: /x }\n'
  const files = { 'portico.yaml': good, 'public/index.html': '' }

  it('says that a good configuration is valid', async () => {
    expect(await portico(['check'], { directory: scratch(files) })).toEqual({
      code: 0,
      signal: null,
      stdout: 'portico.yaml is valid: 1 listener, 0 applications, 2 mounts\n',
      stderr: '',
    })
  })

  it('prints the effective configuration with the place of each value', async () => {
    const directory = scratch(files)
    const { code, stdout } = await portico(['check', '--print', 'portico.yaml'], { directory })
    expect(code).toBe(0)
    expect(stdout).toMatch(/127\.0\.0\.1:0.*# portico\.yaml:1$/m)
    expect(stdout).toMatch(/keep_alive: 15s +# default$/m)
  })

  it('writes JSON for programs: what is in force, and what is wrong', async () => {
    const directory = scratch({ ...files, 'wrong.yaml': wrong })
    const fine = await portico(['check', '--json', '--print'], { directory })
    expect(fine.code).toBe(0)
    expect(JSON.parse(fine.stdout)).toMatchObject({
      ok: true,
      problems: [],
      effective: { listen: [{ address: '127.0.0.1:0' }] },
      provenance: expect.any(Object),
    })
    const bad = await portico(['check', '--json', 'wrong.yaml'], { directory })
    expect({ code: bad.code, stderr: bad.stderr }).toEqual({ code: 78, stderr: '' })
    const { ok, problems } = JSON.parse(bad.stdout)
    expect(ok).toBe(false)
    expect(problems[0]).toEqual({
      file: 'wrong.yaml',
      line: 1,
      column: 1,
      severity: 'error',
      setting: 'listne',
      message: '"listne" is not a known key',
      hint: expect.stringMatching(/^Did you mean "listen"\?/),
    })
    expect(problems.length).toBe(4)
  })
})
