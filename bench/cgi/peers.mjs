// How each server of the comparison of CGI is started, from Debian's packages: as many scripts at once as there are
// connections, no access log, keep-alive without an end.

import { join } from 'node:path'

const atOnce = 32

/** @param {{ port: number, directory: string, site: string, portico: string }} place */
export function peers({ port, directory, site, portico }) {
  const log = (name) => join(directory, `${name}.log`)
  const scripts = join(site, 'cgi-bin')
  const porticoIn = (name, settings) => ({
    name,
    files: {
      'portico.yaml': [
        `listen: ["127.0.0.1:${port}"]`,
        `runtime: ${join(directory, 'run')}`,
        `log: { access: off, error: ${log('portico-error')} }`,
        `spool: { directory: ${join(directory, 'spool')} }`,
        'mounts:',
        `  /: { files: ${site} }`,
        `  /cgi-bin: { cgi: ${scripts}, python: /usr/bin/python3, concurrency: ${atOnce}${settings} }`,
      ].join('\n'),
    },
    commands: [[process.execPath, portico, 'serve', join(directory, 'portico.yaml')]],
  })
  return [
    porticoIn('portico, warm', ''),
    porticoIn('portico, executed', ', warm: false'),
    {
      name: 'Apache mod_cgid',
      files: {
        'apache.conf': [
          'LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so',
          'LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so',
          'LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so',
          'LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so',
          'LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so',
          `ServerRoot ${directory}`,
          'ServerName localhost',
          `PidFile ${join(directory, 'apache.pid')}`,
          `ErrorLog ${log('apache-error')}`,
          `ScriptSock ${join(directory, 'cgid.sock')}`,
          `Listen 127.0.0.1:${port}`,
          'User www-data',
          'Group www-data',
          'KeepAlive On',
          'MaxKeepAliveRequests 0',
          `DocumentRoot ${site}`,
          `ScriptAlias /cgi-bin/ ${scripts}/`,
          `<Directory ${site}>`,
          '  Require all granted',
          '</Directory>',
        ].join('\n'),
      },
      commands: [['/usr/sbin/apache2', '-f', join(directory, 'apache.conf'), '-DFOREGROUND']],
    },
    {
      name: 'lighttpd mod_cgi',
      files: {
        'lighttpd.conf': [
          'server.modules = ( "mod_cgi" )',
          'server.bind = "127.0.0.1"',
          `server.port = ${port}`,
          `server.document-root = "${site}"`,
          `server.errorlog = "${log('lighttpd-error')}"`,
          `server.upload-dirs = ( "${join(directory, 'spool')}" )`,
          'server.max-keep-alive-requests = 100000000',
          'index-file.names = ( "index.html" )',
          '$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ( "" => "" ) }',
        ].join('\n'),
      },
      commands: [['/usr/sbin/lighttpd', '-D', '-f', join(directory, 'lighttpd.conf')]],
    },
    {
      name: 'nginx -> fcgiwrap',
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
          `  server { listen 127.0.0.1:${port}; root ${site};`,
          '    location /cgi-bin/ {',
          '      include /etc/nginx/fastcgi_params;',
          '      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;',
          `      fastcgi_pass unix:${join(directory, 'wrap.sock')};`,
          '    }',
          '  }',
          '}',
        ].join('\n'),
      },
      commands: [
        ['/usr/sbin/nginx', '-e', 'stderr', '-c', join(directory, 'nginx.conf')],
        // biome-ignore format: as it would be typed
        ['/usr/bin/spawn-fcgi', '-n', '-s', join(directory, 'wrap.sock'), '-M', '666', '--', '/usr/sbin/fcgiwrap', '-c', String(atOnce)],
      ],
    },
  ]
}

const peerNames = peers({ port: 0, directory: '/', site: '/', portico: '' }).map(({ name }) => name)

/** Those whose name has one of these parts in it, of which there is a `+` between two; all for ''. */
export function peersNamed(parts) {
  return peerNames.filter((name) => parts.split('+').some((part) => name.includes(part)))
}
