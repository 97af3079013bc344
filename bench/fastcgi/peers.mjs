// How each server of the comparison of FastCGI is started, from Debian's packages: the same program of libfcgi behind all of
// them, kept by spawn-fcgi in as many processes as connections are kept, no access log, keep-alive without an end.

import { join } from 'node:path'

/** Processes of the responder. */
export const responders = 4

/** @param {{ port: number, directory: string, site: string, portico: string }} place */
export function peers({ port, directory, site, portico }) {
  const log = (name) => join(directory, `${name}.log`)
  const socket = join(directory, 'responder.sock')
  const multiwatch = [
    '/usr/bin/spawn-fcgi',
    ...['-n', '-s', socket, '-M', '666', '--', '/usr/bin/multiwatch'],
    ...['-f', String(responders), '--', join(site, 'responder')],
  ]
  const nginx = (name, upstream, more) => ({
    name,
    files: {
      'nginx.conf': [
        'daemon off;',
        'worker_processes 1;',
        `pid ${join(directory, 'nginx.pid')};`,
        `error_log ${log('nginx-error')};`,
        'events { worker_connections 1024; }',
        'http {',
        '  access_log off;',
        '  keepalive_requests 100000000;',
        `  upstream responder { server unix:${socket}; ${upstream} }`,
        `  server { listen 127.0.0.1:${port};`,
        '    location / {',
        '      include /etc/nginx/fastcgi_params;',
        `      ${more}`,
        '      fastcgi_pass responder;',
        '    }',
        '  }',
        '}',
      ].join('\n'),
    },
    commands: [multiwatch, ['/usr/sbin/nginx', '-e', 'stderr', '-c', join(directory, 'nginx.conf')]],
  })
  const apache = (name, more) => ({
    name,
    files: {
      'apache.conf': [
        'LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so',
        'LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so',
        'LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so',
        'LoadModule proxy_fcgi_module /usr/lib/apache2/modules/mod_proxy_fcgi.so',
        `ServerRoot ${directory}`,
        'ServerName localhost',
        `PidFile ${join(directory, 'apache.pid')}`,
        `ErrorLog ${log('apache-error')}`,
        `Listen 127.0.0.1:${port}`,
        'User www-data',
        'Group www-data',
        'KeepAlive On',
        'MaxKeepAliveRequests 0',
        `ProxyPass / unix:${socket}|fcgi://localhost/${more}`,
      ].join('\n'),
    },
    commands: [multiwatch, ['/usr/sbin/apache2', '-f', join(directory, 'apache.conf'), '-DFOREGROUND']],
  })
  return [
    {
      name: 'portico',
      files: {
        'portico.yaml': [
          `listen: ["127.0.0.1:${port}"]`,
          `runtime: ${join(directory, 'run')}`,
          `log: { access: off, error: ${log('portico-error')} }`,
          'mounts:',
          `  /: { fastcgi: { address: "unix:${socket}", connections: ${responders} } }`,
        ].join('\n'),
      },
      commands: [multiwatch, [process.execPath, portico, 'serve', join(directory, 'portico.yaml')]],
    },
    nginx('nginx', '', ''),
    nginx('nginx, kept', `keepalive ${responders};`, 'fastcgi_keep_conn on;'),
    apache('Apache', ''),
    apache('Apache, kept', ` enablereuse=on max=${responders}`),
    {
      name: 'lighttpd',
      files: {
        'lighttpd.conf': [
          'server.modules = ( "mod_fastcgi" )',
          'server.bind = "127.0.0.1"',
          `server.port = ${port}`,
          `server.document-root = "${site}"`,
          `server.errorlog = "${log('lighttpd-error')}"`,
          'server.max-keep-alive-requests = 100000000',
          `fastcgi.server = ( "/" => (( "socket" => "${socket}", "check-local" => "disable" )) )`,
        ].join('\n'),
      },
      commands: [multiwatch, ['/usr/sbin/lighttpd', '-D', '-f', join(directory, 'lighttpd.conf')]],
    },
  ]
}
