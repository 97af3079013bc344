import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { programEnded } from './program-failure.ts'
import type { ProgramLaunch } from './program-launch.ts'

/** The hint about a script with this first line that another user could not run. */
function hint(firstLine: string): string {
  const program = join(temporaryDirectory(), 'feed.fcgi')
  writeFileSync(program, `${firstLine}\n`, { mode: 0o755 })
  const identity = { name: 'feed', uid: 900, gid: 900, groups: [900], home: '/' }
  const launch = { application: 'feed', command: [program], identity, bindsItself: false }
  const failure = programEnded(launch as unknown as ProgramLaunch, 4711, { code: 127, signal: null }, '')
  return failure.hint.replace(program, 'PROGRAM')
}

it('tells a first line that names nothing from a program that its user may not run', () => {
  expect(hint('#!/usr/bin/perll -w')).toBe(
    'The first line of "PROGRAM" names "/usr/bin/perll", which does not exist',
  )
  expect(hint('#!/etc/passwd')).toMatch(/ names "\/etc\/passwd", which may not be executed$/)
  expect(hint('#!/bin/sh\r')).toMatch(/ ends with a carriage return /)
  expect(hint('#!/bin/sh')).toBe('Does it exist, and may the user "feed" run it?')
})
