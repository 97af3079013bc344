// Descriptors that this process was started with beyond 0 to 2 (a shell's, a build's, another supervisor's) are not for
// its children. Node opens its own so that no child gets them, and offers nothing for those of others.

import { systemCalls } from './system-calls.ts'

const firstBeyondStandard = 3
const everyDescriptor = 0xffff_ffff
/** CLOSE_RANGE_CLOEXEC of close_range(2): not now, but in whatever is executed. */
const whenExecuted = 4

/** Does nothing where the call is missing (Linux before 5.11, no koffi). */
export function keepDescriptorsFromChildren(): void {
  systemCalls()?.closeRange?.(firstBeyondStandard, everyDescriptor, whenExecuted)
}
