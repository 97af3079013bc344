// How each server of the comparison of CGI is started, from Debian's packages: as many scripts at once as there are
// connections, no access log, keep-alive without an end.

import { join } from 'node:path'
import {
  apacheCommand,
  apacheFile,
  lighttpdCommand,
  lighttpdFile,
  nginxCommand,
  nginxFile,
  openDirectory,
} from '../configurations.mjs'

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
        'apache.conf': apacheFile({
          ...{ directory, port, modules: ['alias', 'dir', 'cgid'] },
          lines: [
            `ScriptSock ${join(directory, 'cgid.sock')}`,
            `DocumentRoot ${site}`,
            `ScriptAlias /cgi-bin/ ${scripts}/`,
            ...openDirectory(site),
          ],
        }),
      },
      commands: [apacheCommand(directory)],
    },
    {
      name: 'lighttpd mod_cgi',
      files: {
        'lighttpd.conf': lighttpdFile({
          ...{ port, root: site, modules: ['mod_cgi'] },
          lines: [
            `server.errorlog = "${log('lighttpd-error')}"`,
            `server.upload-dirs = ( "${join(directory, 'spool')}" )`,
            'index-file.names = ( "index.html" )',
            '$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ( "" => "" ) }',
          ],
        }),
      },
      commands: [lighttpdCommand(directory)],
    },
    {
      name: 'nginx -> fcgiwrap',
      files: {
        'nginx.conf': nginxFile({
          directory,
          http: [
            `server { listen 127.0.0.1:${port}; root ${site}; location /cgi-bin/ {`,
            '  include /etc/nginx/fastcgi_params;',
            '  fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;',
            `  fastcgi_pass unix:${join(directory, 'wrap.sock')};`,
            '} }',
          ],
        }),
      },
      commands: [
        nginxCommand(directory),
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
