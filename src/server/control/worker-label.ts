// 'shop/4711', as workers are called in logs and in the list of running requests.

export interface WorkerPlace {
  readonly application: string
  /** Of the HTTP process when the application is embedded. */
  readonly pid: number
}

/** Undefined when it names none. */
export function placeOf(label: string): WorkerPlace | undefined {
  const at = label.lastIndexOf('/')
  const pid = Number(label.slice(at + 1))
  return at > 0 && Number.isInteger(pid) && pid > 0 ? { application: label.slice(0, at), pid } : undefined
}
