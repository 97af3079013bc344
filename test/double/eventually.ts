// Waiting for something that can only be looked at: looks again and again until it is there or the deadline passes.

const stepMs = 20

/** The first value of `look` that is not undefined; fails, naming `what`, after `ms`. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms = 15_000,
): Promise<T> {
  const until = performance.now() + ms
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    if (performance.now() > until) throw new Error(`${what}: not within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, stepMs))
  }
}
