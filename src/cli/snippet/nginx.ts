// The lines of nginx.

import {
  escaped,
  hostOf,
  orderNote,
  type SnippetFacts,
  startedWith,
  staticFiles,
  staticNote,
} from './facts.ts'

/** Explicit, since fastcgi_params would say SCRIPT_NAME too, and `location /shop` would take /shopping. A path may hold line ends. */
export function nginx(facts: SnippetFacts, prefix: string): string {
  const { protocol, listen, command } = facts
  const address = listen.kind === 'unix' ? `unix:${listen.path}` : `${hostOf(listen)}:${listen.port}`
  const location = prefix === '' ? 'location / {' : `location ~ ^${escaped(prefix)}(/|\\z) {`
  const split =
    prefix === '' || protocol === 'scgi'
      ? []
      : [`fastcgi_split_path_info (?s)^(${escaped(prefix)})(/.*)?\\z;`]
  const parameters: readonly (readonly [string, string])[] = [
    ...names(protocol, prefix),
    ['QUERY_STRING', '$query_string'],
    ['REQUEST_METHOD', '$request_method'],
    ['CONTENT_TYPE', '$content_type'],
    // nginx says CONTENT_LENGTH itself over SCGI, and what makes it SCGI only when it is told.
    protocol === 'scgi' ? ['SCGI', '1'] : ['CONTENT_LENGTH', '$content_length'],
    ['REQUEST_URI', '$request_uri'],
    ['SERVER_PROTOCOL', '$server_protocol'],
    ['REQUEST_SCHEME', '$scheme'],
    ['HTTPS', '$https if_not_empty'],
    ['SERVER_SOFTWARE', 'nginx/$nginx_version'],
    ['REMOTE_ADDR', '$remote_addr'],
    ['REMOTE_PORT', '$remote_port'],
    ['SERVER_ADDR', '$server_addr'],
    ['SERVER_PORT', '$server_port'],
    ['SERVER_NAME', '$server_name'],
    // A client's field Proxy must not become a setting of the application's own requests (httpoxy).
    ['HTTP_PROXY', '""'],
  ]
  const keeps = [
    '# Otherwise an answer that was cut short looks whole: nginx then waits for the end that FastCGI has.',
    'fastcgi_keep_conn on;',
  ]
  const lines = [
    ...split,
    ...(protocol === 'fastcgi' ? keeps : []),
    ...parameters.map(([name, value]) => `${protocol}_param ${name} ${value};`),
    `${protocol}_pass ${address};`,
  ]
  const usual = [
    '# nginx refuses bodies over 1 MiB with 413, and gives up after 60 s without output; both may be more here:',
    '# client_max_body_size 100m;',
    `# ${protocol}_read_timeout 5m;`,
    '# SERVER_NAME is empty as long as the server block has no server_name.',
    '# Output may wait for more of it, unless the application says "X-Accel-Buffering: no" with the answer. For server-sent',
    '# events of one that does not:',
    `# ${protocol}_buffering off;`,
  ]
  return [
    startedWith(command, prefix),
    ...orderNote(prefix, 'above'),
    ...[location, ...[...usual, ...lines].map((line) => `    ${line}`), '}'],
    staticNote(' Without ^~ they would lose.'),
    `# location ^~ ${prefix}/static/ {`,
    `#     alias "${staticFiles(facts)}";`,
    '# }',
  ].join('\n')
}

/** SCGI has no split of its own in nginx: the application's side does it (--script-name). */
function names(protocol: SnippetFacts['protocol'], prefix: string): readonly (readonly [string, string])[] {
  if (prefix === '' || protocol === 'scgi')
    return [
      ['SCRIPT_NAME', '""'],
      ['PATH_INFO', '$document_uri'],
    ]
  return [
    ['SCRIPT_NAME', '$fastcgi_script_name'],
    ['PATH_INFO', '$fastcgi_path_info'],
  ]
}
