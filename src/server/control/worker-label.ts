// 'shop/4711', as workers are called in logs and in the list of running requests, and 'wiki@127.0.0.1:9000' for what somebody
// else keeps at an address.

export interface WorkerPlace {
  readonly application: string
  /** Of the HTTP process when the application is embedded. */
  readonly pid: number
}

/** Of an application that was not started here, as it is in portico.yaml; undefined for any other. */
export function addressOf(label: string): string | undefined {
  // No name of an application holds one.
  const at = label.indexOf('@')
  return at > 0 ? label.slice(at + 1) : undefined
}

/** Undefined when it names none. */
export function placeOf(label: string): WorkerPlace | undefined {
  if (addressOf(label) !== undefined) return undefined
  const at = label.lastIndexOf('/')
  const pid = Number(label.slice(at + 1))
  return at > 0 && Number.isInteger(pid) && pid > 0 ? { application: label.slice(0, at), pid } : undefined
}
