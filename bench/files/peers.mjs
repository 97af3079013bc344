// How each server of the comparison of files is started, from Debian's packages: one process or as the package has it,
// keep-alive without an end, and its access log written to a file.

import { join } from 'node:path'
import {
  apacheCommand,
  apacheFile,
  combinedLog,
  lighttpdCommand,
  lighttpdFile,
  nginxCommand,
  nginxFile,
  openDirectory,
} from '../configurations.mjs'

/** @param {{ port: number, directory: string, root: string, portico: string }} place */
export function peers({ port, directory, root, portico }) {
  const log = (name) => join(directory, `${name}.log`)
  const nginx = (name, lines) => ({
    name,
    files: {
      'nginx.conf': nginxFile({
        directory,
        accessLog: log('nginx'),
        http: [
          'include /etc/nginx/mime.types;',
          'sendfile on;',
          'tcp_nopush on;',
          ...lines,
          `server { listen 127.0.0.1:${port}; root ${root}; }`,
        ],
      }),
    },
    command: nginxCommand(directory),
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
    nginx('nginx, open_file_cache', ['open_file_cache max=1000 inactive=60s;', 'open_file_cache_valid 1s;']),
    nginx('nginx', []),
    {
      name: 'Apache',
      files: {
        'apache.conf': apacheFile({
          ...{ directory, port, modules: ['mime', 'dir'] },
          lines: [
            'TypesConfig /etc/mime.types',
            combinedLog(log('apache')),
            'EnableSendfile On',
            `DocumentRoot ${root}`,
            ...openDirectory(root),
          ],
        }),
      },
      command: apacheCommand(directory),
    },
    {
      name: 'lighttpd',
      files: {
        'lighttpd.conf': lighttpdFile({
          ...{ port, root, modules: ['mod_accesslog'] },
          lines: [
            `accesslog.filename = "${log('lighttpd')}"`,
            'mimetype.assign = ( ".bin" => "application/octet-stream" )',
            'index-file.names = ( "index.html" )',
          ],
        }),
      },
      command: lighttpdCommand(directory),
    },
  ]
}
