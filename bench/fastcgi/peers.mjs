// How each server of the comparison of FastCGI is started, from Debian's packages: the same program of libfcgi behind all of
// them, kept by spawn-fcgi in as many processes as connections are kept, no access log, keep-alive without an end.

import { join } from 'node:path'
import {
  apacheCommand,
  apacheFile,
  lighttpdCommand,
  lighttpdFile,
  nginxCommand,
  nginxFile,
} from '../configurations.mjs'

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
      'nginx.conf': nginxFile({
        directory,
        http: [
          `upstream responder { server unix:${socket}; ${upstream} }`,
          `server { listen 127.0.0.1:${port}; location / {`,
          `  include /etc/nginx/fastcgi_params; ${more} fastcgi_pass responder;`,
          '} }',
        ],
      }),
    },
    commands: [multiwatch, nginxCommand(directory)],
  })
  const apache = (name, more) => ({
    name,
    files: {
      'apache.conf': apacheFile({
        ...{ directory, port, modules: ['proxy', 'proxy_fcgi'] },
        lines: [`ProxyPass / unix:${socket}|fcgi://localhost/${more}`],
      }),
    },
    commands: [multiwatch, apacheCommand(directory)],
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
        'lighttpd.conf': lighttpdFile({
          ...{ port, root: site, modules: ['mod_fastcgi'] },
          lines: [
            `server.errorlog = "${log('lighttpd-error')}"`,
            `fastcgi.server = ( "/" => (( "socket" => "${socket}", "check-local" => "disable" )) )`,
          ],
        }),
      },
      commands: [multiwatch, lighttpdCommand(directory)],
    },
  ]
}
