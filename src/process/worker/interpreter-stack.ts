// The stacks that an interpreter writes when it crashes (faulthandler), as the owner of an application wants them: without
// the frames of the worker below the application, and without threads that have no others. Pure.

/** Of the threads that Python starts, and of the program that it runs first. */
const scaffolding =
  /(threading\.py", line \d+ in (_bootstrap|_bootstrap_inner|run)|runpy(\.py|>)", line \d+ in \w+)$/
const framePattern = /^ *File "/
const threadPattern = /^(Current thread|Thread) 0x/

/** `packagePath` is the directory of the worker's own code. All of it when nothing else is in it. */
export function applicationStacks(text: string, packagePath: string): string {
  const parts: string[][] = [[]]
  for (const line of text.split('\n')) {
    if (threadPattern.test(line)) parts.push([line])
    else parts.at(-1)?.push(line)
  }
  const [head = [], ...threads] = parts
  const own = `File "${packagePath.replace(/\/$/, '')}/`
  const isWanted = (line: string): boolean => !line.includes(own) && !scaffolding.test(line)
  const wanted = threads.map((thread) => thread.filter(isWanted))
  const kept = wanted.filter((thread) => thread.some((line) => framePattern.test(line)))
  if (kept.length === 0) return text
  return [head, ...kept].flat().join('\n').trimEnd()
}
