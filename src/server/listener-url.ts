// How people write the address of a listener.

import type { Listen } from '../config/effective.ts'

/** `http://127.0.0.1:8000`, `http://0.0.0.0` for port 80 of every address, `unix:/path`. */
export function listenerUrl(listener: Pick<Listen, 'kind' | 'host' | 'port' | 'path'>): string {
  if (listener.kind === 'unix') return `unix:${listener.path}`
  const host = listener.host === '' ? '0.0.0.0' : listener.host
  const named = host.includes(':') ? `[${host}]` : host
  return `http://${named}${listener.port === 80 ? '' : `:${listener.port}`}`
}
