// The lines of Apache, with mod_proxy_fcgi or mod_proxy_scgi.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Listen } from '../../config/effective.ts'
import { hostOf, orderNote, type SnippetFacts, startedWith, staticFiles, staticNote } from './facts.ts'

/** Apache says the whole path as SCRIPT_NAME and no PATH_INFO, so the application's side splits it (--script-name). */
export function apache(facts: SnippetFacts, prefix: string): string {
  const { protocol, listen, command } = facts
  const scheme = protocol === 'fastcgi' ? 'fcgi' : 'scgi'
  const folder = staticFiles(facts)
  return [
    startedWith(command, prefix),
    `# a2enmod proxy proxy_${scheme} env alias authz_core`,
    // mod_proxy_scgi passes on what it has.
    ...(protocol === 'fastcgi' ? flushNote : []),
    ...passed(addressOf(listen, scheme), prefix),
    '    # Otherwise the application never sees the field Authorization.',
    '    CGIPassAuth On',
    '    # Otherwise downloads and answers to HEAD have no length. Those of Portico are right.',
    '    SetEnv ap_trust_cgilike_cl 1',
    '</Location>',
    '# Apache answers paths with %2F in them with 404, unless the virtual host says:',
    '# AllowEncodedSlashes NoDecode',
    staticNote(' In front they would lose.'),
    `# Alias "${prefix}/static/" "${folder}"`,
    `# <Location "${prefix}/static/">`,
    '#     ProxyPass "!"',
    '# </Location>',
    `# <Directory "${folder}">`,
    '#     Require all granted',
    '# </Directory>',
  ].join('\n')
}

const flushNote = [
  '# Output waits for more of it. For server-sent events let the line with ProxyPass end in: flushpackets=on',
]

/** A ProxyPass in a <Location> is asked before all that stand outside, so the one of "/" leaves what is below to others. */
function passed(address: string, prefix: string): readonly string[] {
  if (prefix !== '')
    return [...orderNote(prefix, 'below'), `<Location "${prefix}">`, `    ProxyPass "${address}${prefix}"`]
  return [
    '# Not in <Location>, so that applications below, such as /shop, may stand above or below it. Of lines outside of <Location>',
    '# the first that fits wins: this one comes last.',
    `ProxyPass "/" "${address}/"`,
    '<Location "/">',
  ]
}

function addressOf(listen: Listen, scheme: string): string {
  return listen.kind === 'unix'
    ? `unix:${listen.path}|${scheme}://${workerName(listen.path)}`
    : `${scheme}://${hostOf(listen)}:${listen.port}`
}

/** A host of its own for every socket: of two with one, mod_proxy gives the requests of both to the first. */
function workerName(path: string): string {
  const name = basename(path, '.sock')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 30)
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 12)
  return `portico-${name}-${digest}`
}
