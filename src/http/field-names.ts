// The names of fields that nearly every message has. What is cut out of a head is a new string each time, and comparing or
// looking up such a one is slow until it is replaced by one that is known.

const usual = `
  Accept Accept-Encoding Accept-Language Accept-Ranges Authorization Cache-Control Connection Content-Encoding
  Content-Language Content-Length Content-Type Cookie Date DNT ETag Expect Expires Forwarded Host If-Match
  If-Modified-Since If-None-Match If-Range Keep-Alive Last-Modified Location Origin Pragma Priority Range Referer
  Referrer-Policy Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Server Set-Cookie Status
  Transfer-Encoding Upgrade-Insecure-Requests User-Agent Vary Via X-Accel-Redirect X-Content-Type-Options
  X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Frame-Options X-Powered-By X-Real-IP X-Requested-With
  X-Sendfile`
  .trim()
  .split(/\s+/)
const known = new Map([...usual, ...usual.map((name) => name.toLowerCase())].map((name) => [name, name]))

/** The name, letter by letter the same. */
export function usualName(name: string): string {
  return known.get(name) ?? name
}
