// The lines of lighttpd.

import { escaped, orderNote, type SnippetFacts, startedWith, staticFiles, staticNote } from './facts.ts'

/** A key of fastcgi.server is the beginning of a path: "/shop" alone would take /shopping. */
export function lighttpd(facts: SnippetFacts, prefix: string): string {
  const { protocol, listen, command } = facts
  const host = listen.host === '' || listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host
  const address =
    listen.kind === 'unix' ? `"socket" => "${listen.path}"` : `"host" => "${host}", "port" => ${listen.port}`
  const at = prefix === '' ? '/' : prefix
  const server = [
    `${protocol}.server = ( "${at}" => ((`,
    `    ${address},`,
    '    # It is no file below the document root.',
    '    "check-local" => "disable",',
    '    # Otherwise an application at "/" gets its path as SCRIPT_NAME.',
    '    "fix-root-scriptname" => "enable"',
    ')))',
    '# Output waits until there is all of it. For server-sent events:',
    '# server.stream-response-body = 1',
  ]
  const below =
    prefix === ''
      ? server
      : [`$HTTP["url"] =~ "^${escaped(prefix)}(/|$)" {`, ...server.map((line) => `    ${line}`), '}']
  return [
    startedWith(command, prefix),
    '# The modules stand outside all conditions; what follows may stand in one, such as $HTTP["host"] == "shop.example.com".',
    `server.modules += ( "mod_${protocol}", "mod_alias" )`,
    ...orderNote(prefix, 'below'),
    ...below,
    staticNote(),
    `# $HTTP["url"] =~ "^${escaped(prefix)}/static/" {`,
    `#     ${protocol}.server = ()`,
    `#     alias.url = ( "${prefix}/static/" => "${staticFiles(facts)}" )`,
    '# }',
  ].join('\n')
}
