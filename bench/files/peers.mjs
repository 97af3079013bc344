// How each server of the comparison of files is started, from Debian's packages: one process or as the package has it,
// keep-alive without an end, and its access log written to a file.

import { join } from 'node:path'

/** @param {{ port: number, directory: string, root: string, portico: string }} place */
export function peers({ port, directory, root, portico }) {
  const log = (name) => join(directory, `${name}.log`)
  const nginx = (name, lines) => ({
    name,
    files: {
      'nginx.conf': [
        'daemon off;',
        'worker_processes 1;',
        `pid ${join(directory, 'nginx.pid')};`,
        `error_log ${log('nginx-error')};`,
        'events { worker_connections 1024; }',
        'http {',
        `  access_log ${log('nginx')};`,
        '  include /etc/nginx/mime.types;',
        '  sendfile on;',
        '  tcp_nopush on;',
        '  keepalive_requests 100000000;',
        ...lines,
        `  server { listen 127.0.0.1:${port}; root ${root}; }`,
        '}',
      ].join('\n'),
    },
    command: ['/usr/sbin/nginx', '-e', 'stderr', '-c', join(directory, 'nginx.conf')],
  })
  return [
    {
      name: 'portico',
      files: {
        'portico.yaml': [
          `listen: ["127.0.0.1:${port}"]`,
          `runtime: ${join(directory, 'run')}`,
          `log: { access: ${log('portico')}, error: ${log('portico-error')} }`,
          `mounts: { /: { files: ${root} } }`,
        ].join('\n'),
      },
      command: [process.execPath, portico, 'serve', join(directory, 'portico.yaml')],
    },
    nginx('nginx, open_file_cache', [
      '  open_file_cache max=1000 inactive=60s;',
      '  open_file_cache_valid 1s;',
    ]),
    nginx('nginx', []),
    {
      name: 'Apache',
      files: {
        'apache.conf': [
          'LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so',
          'LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so',
          'LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so',
          'LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so',
          'TypesConfig /etc/mime.types',
          `ServerRoot ${directory}`,
          'ServerName localhost',
          `PidFile ${join(directory, 'apache.pid')}`,
          `ErrorLog ${log('apache-error')}`,
          'LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined',
          `CustomLog ${log('apache')} combined`,
          `Listen 127.0.0.1:${port}`,
          'User www-data',
          'Group www-data',
          'KeepAlive On',
          'MaxKeepAliveRequests 0',
          'EnableSendfile On',
          `DocumentRoot ${root}`,
          `<Directory ${root}>`,
          '  Require all granted',
          '</Directory>',
        ].join('\n'),
      },
      command: ['/usr/sbin/apache2', '-f', join(directory, 'apache.conf'), '-DFOREGROUND'],
    },
    {
      name: 'lighttpd',
      files: {
        'lighttpd.conf': [
          'server.modules = ( "mod_accesslog" )',
          'server.bind = "127.0.0.1"',
          `server.port = ${port}`,
          `server.document-root = "${root}"`,
          'server.max-keep-alive-requests = 100000000',
          `accesslog.filename = "${log('lighttpd')}"`,
          'mimetype.assign = ( ".bin" => "application/octet-stream" )',
          'index-file.names = ( "index.html" )',
        ].join('\n'),
      },
      command: ['/usr/sbin/lighttpd', '-D', '-f', join(directory, 'lighttpd.conf')],
    },
  ]
}
