// How much `npm run fuzz` asks for, told by its environment.

export interface LongRun {
  readonly inputs: number
  readonly seed: number
}

export const longRun: LongRun = {
  inputs: Number(process.env.PORTICO_FUZZ_INPUTS ?? 100_000),
  seed: Number(process.env.PORTICO_FUZZ_SEED ?? 1),
}
