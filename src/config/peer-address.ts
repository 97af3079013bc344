// The address of somebody else's socket, as portico.yaml has it, and what to write where it comes from another server.

import { isIP } from 'node:net'
import { z } from 'zod'
import { isHostName, parseAddress } from '../schema/address.ts'
import { expected, refuse } from './leaf.ts'

const examples = 'Write 127.0.0.1:9000, app.example:9000 or unix:/run/php/php-fpm.sock'
const noAddress = 'is not an address to listen on'

/** Where somebody else listens, in parts: a port alone is one of this machine. */
export function peerAddress() {
  return z
    .union([z.string(), z.number()], { error: expected('an address', examples) })
    .transform((value, context) => {
      const parsed = parseAddress(value)
      if (parsed.kind === 'bad') {
        const isOther = parsed.why.endsWith(noAddress)
        const hint = isOther ? hintFor(String(value).trim()) : parsed.hint
        return refuse(context, isOther ? `"${value}" is not an address` : parsed.why, hint)
      }
      const { kind, tls, host, port, path } = parsed.address
      const inside = kind === 'unix' ? addressIn(String(value)) : undefined
      if (inside !== undefined && inside !== value)
        return refuse(context, `"${value}" is more than an address`, `Write ${inside}`)
      if (tls || /^http:/.test(String(value)))
        return refuse(context, `"${value}" is an address of HTTP`, `This wire is another one. ${examples}`)
      if (kind === 'tcp' && port === 0) return refuse(context, `"${value}" has no port`, examples)
      return { kind, host: host === '' ? '127.0.0.1' : host, port, path }
    })
}

function hintFor(text: string): string {
  const inside = addressIn(text)
  if (inside !== undefined) return `Write ${inside}`
  if (text.startsWith('/')) return `For a unix socket write unix:${text}`
  if (isIP(text) === 6) return `An IPv6 address stands in brackets before its port: [${text}]:9000`
  if (isIP(text) === 4 || (isHostName(text) && text.includes('.')))
    return `The port is missing: write ${text}:9000`
  if (!isHostName(text)) return examples
  return `The port is missing: write ${text}:9000. An application of "applications" is mounted by its name alone: { /: ${text} }`
}

/**
 * The address in what nginx (`unix:/run/x.sock;`), Apache (`proxy:unix:/run/x.sock|fcgi://localhost/`, `fcgi://10.0.0.2:9000/srv`)
 * and uWSGI take for one; undefined where there is none.
 */
function addressIn(text: string): string | undefined {
  const socket = /^(?:proxy:)?unix:(\/[^|;]*)(?:;|\|\w+:\/\/.*)?$/.exec(text)
  if (socket !== null) return `unix:${socket[1]}`
  const peer = /^(?:proxy:)?(?:fcgi|fastcgi|scgi|uwsgi|tcp):(?:\/\/)?([^/\s]*:\d+)(?:\/.*)?$/.exec(text)
  return peer?.[1]
}
