// Where an application lives that somebody else keeps alive: one address of its sockets.

export type ExternalAddress =
  | { readonly kind: 'unix'; readonly path: string }
  /** `host` is an IP address, or a name that is looked up again and again. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** As it is written in portico.yaml. */
export function addressText(address: ExternalAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}
