// What the command line says about itself and about words it does not know.

import { expect, it } from 'vitest'
import { portico, scratch } from './command.ts'

it('prints help on stdout', async () => {
  const { code, stdout, stderr } = await portico(['--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Usage: portico /)
  for (const verb of ['serve', 'check']) expect(stdout).toContain(`  ${verb} `)
})

it('prints the help of a verb', async () => {
  const { code, stdout } = await portico(['serve', '--help'])
  expect(code).toBe(0)
  for (const flag of ['--config', '--listen', '--mode', '--processes', '--threads'])
    expect(stdout).toContain(flag)
})

it('prints its version on stdout', async () => {
  expect(await portico(['--version'])).toEqual({
    code: 0,
    signal: null,
    stdout: expect.stringMatching(/^portico \d+\.\d+\.\d+\n$/),
    stderr: '',
  })
})

const directory = () => scratch({ 'a.txt': '', 'shop.py': '' })

it.each([
  ['an unknown flag', ['--lissten', '80'], /unknown option '--lissten'\n(.*\n)?\s+See: portico --help\n$/],
  ['an unknown flag of a verb', ['check', '--prin'], /unknown option '--prin'\n\(Did you mean --print\?\)/],
  ['a flag without its value', ['serve', '--listen'], /option '-l, --listen <address>' argument missing/],
  [
    'an unknown verb',
    ['sevre'],
    /^"sevre" is no verb, and nothing in ".+" has that name\n {2}Did you mean "portico serve"\? An/,
  ],
  [
    'a word that resembles nothing',
    ['serve', 'x7'],
    /^"x7" is no verb, and nothing in ".+" has that name\n {2}An/,
  ],
  [
    'a path that leads nowhere',
    ['serve', './no/such'],
    /^"\.\/no\/such" does not exist\n {2}Name a directory/,
  ],
  [
    'a path that is nearly there',
    ['serve', './a.txr'],
    /^"\.\/a\.txr" does not exist\n {2}Did you mean "\.\/a\.txt"\? Name/,
  ],
  ['a name that is nearly there', ['a.txs'], /^"a\.txs" is no verb, .+\n {2}Did you mean "a\.txt"\? An/],
  [
    'a module without its callable',
    ['shop'],
    /^"shop" names .+\n {2}Did you mean "portico serve shop:application"\?/,
  ],
  [
    "another program's verb",
    ['start'],
    /^"start" is no verb of Portico\n {2}Did you mean "portico serve"\?\n$/,
  ],
  [
    'it with an argument',
    ['configtest', 'x.yaml'],
    /^"configtest" is .+\n {2}Did you mean "portico check"\?\n$/,
  ],
  ['a verb of a later version', ['init'], /^"portico init" is not in this version of Portico yet\n/],
  ['its arguments as well', ['explain', 'GET', '/x'], /^"portico explain" is not in this version of Portico/],
  [
    'too many arguments',
    ['serve', 'a', 'b'],
    /^"portico serve" takes one argument, but here are more: "b"\n/,
  ],
  [
    'two files to check',
    ['check', 'a.yaml', 'b.yaml'],
    /^"portico check" takes one configuration at a time, but here are more: "b.yaml"\n {2}Call it once .*"include"/,
  ],
  [
    'two configurations',
    ['serve', 'a.yaml', '--config', 'b.yaml'],
    /both name a configuration\n {2}Give one/,
  ],
  [
    'a flag with a wrong value',
    ['serve', '--threads', 'x'],
    /^--threads: "x" is not a whole number from 1 to/m,
  ],
  [
    'an unknown mode',
    ['serve', '--mode', 'embeded'],
    /^--mode: "embeded" is not .*\n {2}Did you mean "embedded"/m,
  ],
  [
    'a wrong address',
    ['serve', '--listen', '1.2.3.4'],
    /^--listen: "1.2.3.4" is not an .*\n {2}The port is miss/m,
  ],
])('refuses %s with exit code 2', async (_, args, message) => {
  const site = scratch({ 'index.html': '' })
  const { code, stdout, stderr } = await portico(args, { directory: args.length > 2 ? site : directory() })
  expect(stderr).toMatch(message)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

it('lets no control character of an argument reach the terminal', async () => {
  const { code, stderr } = await portico(['serve', 'a\x1b[31mb\x9b\u202e'])
  expect(code).toBe(2)
  expect(stderr).toContain('"a\\x1b[31mb\\x9b\\u{202e}" is no verb')
  expect((await portico(['--\x1b]0;x\x07'])).stderr).not.toMatch(/[\x00-\x09\x0b-\x1f]/)
})
