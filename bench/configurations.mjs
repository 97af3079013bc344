// What the configurations of the servers that Portico is compared with have in common: one process or as the package has it,
// keep-alive without an end.

import { join } from 'node:path'

/** @param http lines inside of `http { }`; @param accessLog 'off' or a path */
export function nginxFile({ directory, http, accessLog = 'off' }) {
  return [
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(directory, 'nginx.pid')};`,
    `error_log ${join(directory, 'nginx-error.log')};`,
    'events { worker_connections 1024; }',
    'http {',
    `  access_log ${accessLog};`,
    '  keepalive_requests 100000000;',
    ...http.map((line) => `  ${line}`),
    '}',
  ].join('\n')
}

/** @param modules beside those that it cannot do without, by the names of their files */
export function apacheFile({ directory, port, modules, lines }) {
  return [
    ...['mpm_event', 'authz_core', ...modules].map(
      (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
    ),
    `ServerRoot ${directory}`,
    'ServerName localhost',
    `PidFile ${join(directory, 'apache.pid')}`,
    `ErrorLog ${join(directory, 'apache-error.log')}`,
    `Listen 127.0.0.1:${port}`,
    'User www-data',
    'Group www-data',
    'KeepAlive On',
    'MaxKeepAliveRequests 0',
    ...lines,
  ].join('\n')
}

/** Of Apache: an access log as ours. */
export function combinedLog(path) {
  return `LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined\nCustomLog ${path} combined`
}

/** Of Apache: what lies below a directory is for everybody. */
export function openDirectory(path) {
  return [`<Directory ${path}>`, '  Require all granted', '</Directory>']
}

export function lighttpdFile({ port, root, modules, lines }) {
  return [
    `server.modules = ( ${modules.map((name) => `"${name}"`).join(', ')} )`,
    'server.bind = "127.0.0.1"',
    `server.port = ${port}`,
    `server.document-root = "${root}"`,
    'server.max-keep-alive-requests = 100000000',
    ...lines,
  ].join('\n')
}

export const nginxCommand = (directory) => [
  '/usr/sbin/nginx',
  ...['-e', 'stderr', '-c', join(directory, 'nginx.conf')],
]
export const apacheCommand = (directory) => [
  '/usr/sbin/apache2',
  ...['-f', join(directory, 'apache.conf'), '-DFOREGROUND'],
]
export const lighttpdCommand = (directory) => [
  '/usr/sbin/lighttpd',
  ...['-D', '-f', join(directory, 'lighttpd.conf')],
]
