import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { coresWithin } from './cores.ts'

function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'portico-cores-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), `${text}\n`)
  }
  return root
}

const v2 = 'sys/fs/cgroup'
const v1 = 'sys/fs/cgroup/cpu,cpuacct'

it.each<[string, Readonly<Record<string, string>>, number]>([
  ['no control groups', {}, 8],
  ['a container', { 'proc/self/cgroup': '0::/', [`${v2}/cpu.max`]: '200000 100000' }, 2],
  ['no limit', { 'proc/self/cgroup': '0::/', [`${v2}/cpu.max`]: 'max 100000' }, 8],
  ['part of a core more', { 'proc/self/cgroup': '0::/', [`${v2}/cpu.max`]: '150000 100000' }, 2],
  ['part of one core', { 'proc/self/cgroup': '0::/', [`${v2}/cpu.max`]: '25000 100000' }, 1],
  ['more than there is', { 'proc/self/cgroup': '0::/', [`${v2}/cpu.max`]: '3200000 100000' }, 8],
  [
    'a unit',
    { 'proc/self/cgroup': '0::/a.slice/b.service', [`${v2}/a.slice/b.service/cpu.max`]: '300000 100000' },
    3,
  ],
  [
    'a slice around the unit',
    {
      'proc/self/cgroup': '0::/a.slice/b.service',
      [`${v2}/a.slice/cpu.max`]: '100000 50000',
      [`${v2}/a.slice/b.service/cpu.max`]: 'max 100000',
    },
    2,
  ],
  [
    'version 1',
    {
      'proc/self/cgroup': '9:memory:/x\n4:cpu,cpuacct:/docker/f00\n0::/',
      [`${v1}/docker/f00/cpu.cfs_quota_us`]: '300000',
      [`${v1}/docker/f00/cpu.cfs_period_us`]: '100000',
    },
    3,
  ],
  [
    'version 1 in a container that sees the path outside',
    {
      'proc/self/cgroup': '4:cpu,cpuacct:/docker/f00',
      [`${v1}/cpu.cfs_quota_us`]: '100000',
      [`${v1}/cpu.cfs_period_us`]: '100000',
    },
    1,
  ],
  [
    'version 1 without a limit',
    {
      'proc/self/cgroup': '1:cpu:/',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
    },
    8,
  ],
  ['nonsense', { 'proc/self/cgroup': 'what\n0::', [`${v2}/cpu.max`]: 'many' }, 8],
])('counts the cores of %s', (_, files, cores) => {
  expect(coresWithin(8, machine(files))).toBe(cores)
})
