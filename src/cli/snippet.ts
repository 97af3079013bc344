// What Apache, nginx and lighttpd have to be told so that they call an application here: with this very socket, and right about
// SCRIPT_NAME, PATH_INFO, Authorization and HTTPS, each of which one of them gets wrong when left alone.

import type { Listen } from '../config/effective.ts'

export const snippetKinds = ['nginx', 'apache', 'lighttpd'] as const
type SnippetKind = (typeof snippetKinds)[number]

/** Stands for the directory that `manage.py collectstatic` fills. */
const staticFiles = '/srv/shop/static/'

export interface SnippetFacts {
  readonly protocol: 'fastcgi' | 'scgi'
  readonly listen: Listen
  /** What starts the application. */
  readonly command: string
  /** Path below which it answers: '/' or '/shop'. */
  readonly prefix: string
}

export function isSnippetKind(text: string | undefined): text is SnippetKind {
  return snippetKinds.some((kind) => kind === text)
}

export function snippet(kind: SnippetKind, facts: SnippetFacts): string {
  const prefix = facts.prefix.replace(/\/+$/, '')
  switch (kind) {
    case 'nginx':
      return nginx(facts, prefix)
    case 'apache':
      return apache(facts, prefix)
    default:
      return lighttpd(facts, prefix)
  }
}

/**
 * With the script name for every server, so that there is one rule: Apache cannot say it at all, nginx not over SCGI. To the
 * others it is what they say themselves.
 */
function startedWith(command: string, prefix: string): string {
  return `# started with: ${command} --script-name ${prefix === '' ? '/' : prefix}`
}

function hostOf({ host }: Listen): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** Explicit, since fastcgi_params would say SCRIPT_NAME too, and `location /shop` would take /shopping. A path may hold line ends. */
function nginx({ protocol, listen, command }: SnippetFacts, prefix: string): string {
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
  ]
  return [
    startedWith(command, prefix),
    ...[location, ...[...usual, ...lines].map((line) => `    ${line}`), '}'],
    `# Static files: remove the first "#" of each line below, and write where they lie. Without ^~ the location above would win.`,
    `# location ^~ ${prefix}/static/ {`,
    `#     alias ${staticFiles};`,
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

/** Apache says the whole path as SCRIPT_NAME and no PATH_INFO, so the application's side splits it (--script-name). */
function apache({ protocol, listen, command }: SnippetFacts, prefix: string): string {
  const scheme = protocol === 'fastcgi' ? 'fcgi' : 'scgi'
  const address =
    listen.kind === 'unix'
      ? `unix:${listen.path}|${scheme}://portico`
      : `${scheme}://${hostOf(listen)}:${listen.port}`
  const at = prefix === '' ? '/' : prefix
  return [
    startedWith(command, prefix),
    `# a2enmod proxy proxy_${scheme}`,
    `<Location "${at}">`,
    `    ProxyPass "${address}${at}"`,
    '    # Otherwise the application never sees the field Authorization.',
    '    CGIPassAuth On',
    '    # Otherwise downloads and answers to HEAD have no length. Those of Portico are right.',
    '    SetEnv ap_trust_cgilike_cl 1',
    '</Location>',
    '# Apache answers paths with %2F in them with 404, unless the virtual host says:',
    '# AllowEncodedSlashes NoDecode',
    '# Static files: remove the first "#" of each line below, and write where they lie (a2enmod alias). In front they would lose.',
    `# Alias "${prefix}/static/" "${staticFiles}"`,
    `# <Location "${prefix}/static/">`,
    '#     ProxyPass "!"',
    '# </Location>',
    `# <Directory "${staticFiles}">`,
    '#     Require all granted',
    '# </Directory>',
  ].join('\n')
}

/** A key of fastcgi.server is the beginning of a path: "/shop" alone would take /shopping. */
function lighttpd({ protocol, listen, command }: SnippetFacts, prefix: string): string {
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
  ]
  const below =
    prefix === ''
      ? server
      : [`$HTTP["url"] =~ "^${escaped(prefix)}(/|$)" {`, ...server.map((line) => `    ${line}`), '}']
  return [
    startedWith(command, prefix),
    '# The modules stand outside all conditions; what follows may stand in one, such as $HTTP["host"] == "shop.example.com".',
    `server.modules += ( "mod_${protocol}", "mod_alias" )`,
    ...below,
    '# Static files: remove the first "#" of each line below, and write where they lie.',
    `# $HTTP["url"] =~ "^${escaped(prefix)}/static/" {`,
    `#     ${protocol}.server = ()`,
    `#     alias.url = ( "${prefix}/static/" => "${staticFiles}" )`,
    '# }',
  ].join('\n')
}

function escaped(prefix: string): string {
  return prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
