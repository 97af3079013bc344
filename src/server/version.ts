// Name and version of this program, read from its package.json.

import { readFileSync } from 'node:fs'

/** '0.1.0' */
export function programVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined
  return typeof version === 'string' ? version : '0.0.0'
}

/** SERVER_SOFTWARE and the Server field. */
export function serverSoftware(): string {
  return `Portico/${programVersion()}`
}
