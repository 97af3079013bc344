import { describe, expect, it } from 'vitest'
import { applicationStacks } from './interpreter-stack.ts'

const worker = '/opt/portico/python/portico_worker'
const threads = `  File "/usr/lib/python3.11/threading.py", line 975 in run
  File "/usr/lib/python3.11/threading.py", line 1038 in _bootstrap_inner
  File "/usr/lib/python3.11/threading.py", line 995 in _bootstrap`
const idle = `Thread 0x00007fb4099c06c0 (most recent call first):
  File "${worker}/connection.py", line 87 in next_record
  File "${worker}/slot.py", line 75 in _live
${threads}`
const first = `Thread 0x00007fb40a7d5040 (most recent call first):
  File "${worker}/worker.py", line 59 in live
  File "<frozen runpy>", line 198 in _run_module_as_main
  File "/usr/lib/python3.8/runpy.py", line 87 in _run_code`

describe('applicationStacks', () => {
  it('leaves out the frames of the worker, and threads that have no others', () => {
    const text = `Fatal Python error: Segmentation fault

Current thread 0x00007fb4091bf6c0 (most recent call first):
  File "/srv/shop/views.py", line 13 in buy
  File "${worker}/call.py", line 24 in run
${threads}

${idle}

Thread 0x00007fb40a1fd6c0 (most recent call first):
  File "/srv/shop/jobs.py", line 3 in run
${threads}

${first}`
    expect(applicationStacks(text, worker)).toBe(`Fatal Python error: Segmentation fault

Current thread 0x00007fb4091bf6c0 (most recent call first):
  File "/srv/shop/views.py", line 13 in buy

Thread 0x00007fb40a1fd6c0 (most recent call first):
  File "/srv/shop/jobs.py", line 3 in run`)
  })

  it('leaves everything when there is nothing of the application, or it is no stack', () => {
    expect(applicationStacks(idle, worker)).toBe(idle)
    expect(applicationStacks('Fatal Python error: whatever', worker)).toBe('Fatal Python error: whatever')
    expect(applicationStacks('', worker)).toBe('')
  })
})
