// What this folder needs to know of a service. The keys are those of the effective configuration: a Service of
// config/effective.ts is assignable.

/** What may ask a service to end, as portico.yaml has it. */
export const stopSignals = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'WINCH', 'KILL'] as const

export type StopSignal = (typeof stopSignals)[number]

export interface ServiceSpec {
  readonly name: string
  /** The absolute path of a program, and its arguments. */
  readonly command: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** From `stop_signal` to SIGKILL, milliseconds; 0 kills at once. */
  readonly stop_time: number
  readonly stop_signal: StopSignal
}
