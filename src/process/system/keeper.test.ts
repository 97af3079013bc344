import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { MemoryLog } from '../../../test/double/log.ts'
import { parentOf, processTree } from '../../../test/double/process-tree.ts'
import { Keeper } from './keeper.ts'

/** No group has these numbers: the kernel gives none above 4194304. */
const [first, second] = [99_999_998, 99_999_999]

class NoticingLog extends MemoryLog {
  noticed = (): void => {}

  override warn(...event: Parameters<MemoryLog['warn']>): void {
    super.warn(...event)
    this.noticed()
  }
}

/** Pids of the keepers that this process has started and that live. */
function keepers(): number[] {
  return processTree(process.pid).filter((pid) => parentOf(pid) === process.pid && isKeeper(pid))
}

function isKeeper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('portico-keeper')
  } catch {
    return false
  }
}

it('starts one in place of one that has ended, also when a group comes before the pause is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
    for (const pid of keepers()) process.kill(pid, 'SIGKILL')
  })
  const log = new NoticingLog()
  const keeper = new Keeper(log, () => 0)
  keeper.add(first)
  const [started] = keepers()
  if (started === undefined) throw new Error('it has not started')
  const ended = new Promise<void>((resolve) => {
    log.noticed = resolve
  })
  process.kill(started, 'SIGKILL')
  await ended
  keeper.add(second)
  expect(keepers()).toHaveLength(1)
  vi.advanceTimersByTime(60_000)
  expect(keepers()).toHaveLength(1)
  keeper.close()
})
