// Where to listen, as the configuration says it.

/** Keys as in the effective configuration. */
export interface ListenerAddress {
  /** As written, for messages. */
  readonly address: string
  readonly kind: 'tcp' | 'unix'
  /** '' for every address of the machine. */
  readonly host: string
  readonly port: number
  readonly path: string
}
