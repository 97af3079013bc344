import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { killGroup } from './process-group.ts'
import { hasGroup, identifyProcess } from './process-identity.ts'

describe.skipIf(process.platform !== 'linux')('which process a number means', () => {
  it('tells the parent and the start of one that is there', () => {
    const own = identifyProcess(process.pid)
    expect(own).toMatchObject({ parent: process.ppid, hasEnded: false })
    expect(own?.startTicks).toMatch(/^\d+$/)
    for (const none of [0, 1, -5, 2 ** 31 - 1]) expect(identifyProcess(none)).toBeUndefined()
  })

  it('finds a group whose leader has ended, in its own session only', async () => {
    const leader = spawn('sh', ['-c', 'sleep 60 & exit 0'], { detached: true, stdio: 'ignore' })
    const group = leader.pid ?? 0
    await new Promise((resolve) => leader.once('exit', resolve))
    expect(identifyProcess(group)).toBeUndefined()
    expect([hasGroup(group, group), hasGroup(process.pid, group)]).toEqual([true, false])
    expect(killGroup(group)).toBe(true)
  })
})
