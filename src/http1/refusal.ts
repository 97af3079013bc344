// Why bytes of a client are no request, and what it is told.

/** Why a head was refused and with which status. */
export interface Refusal {
  readonly kind: 'bad'
  readonly status: number
  readonly why: string
}

export function refuse(status: number, why: string): Refusal {
  return { kind: 'bad', status, why }
}
