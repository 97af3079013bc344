// How each server of the comparison is started, from Debian's packages, with two worker processes and its access log
// written to a file wherever it has one. Each entry: name, files to write, command, environment.

import { join } from 'node:path'
import {
  apacheCommand,
  apacheFile,
  combinedLog,
  nginxCommand,
  nginxFile,
  openDirectory,
} from '../configurations.mjs'

/** @param {{ port: number, directory: string, application: string, portico: string, threads: number, module: string }} place */
export function peers({ port, directory, application, portico, threads, module }) {
  const log = (name) => join(directory, `${name}.log`)
  const python = '/usr/bin/python3'
  /** One way of keeping the application, one word apart. */
  const porticoIn = (name, setting) => ({
    name: `portico ${name}`,
    files: {
      'portico.yaml': [
        `listen: ["127.0.0.1:${port}"]`,
        `runtime: ${join(directory, 'run')}`,
        `log: { access: ${log('portico')}, error: ${log('portico-error')} }`,
        'applications:',
        `  hello: { wsgi: "${module}:application", directory: ${application}, python: ${python}, threads: ${threads}, ${setting} }`,
        'mounts: { /: hello }',
      ].join('\n'),
    },
    command: [process.execPath, portico, 'serve', join(directory, 'portico.yaml')],
  })
  const apache = (name, lines) => ({
    name,
    files: {
      'apache.conf': apacheFile({
        ...{ directory, port, modules: ['wsgi'] },
        lines: [
          combinedLog(log('apache')),
          ...lines,
          'WSGIApplicationGroup %{GLOBAL}',
          `WSGIScriptAlias / ${join(application, `${module}.py`)}`,
          ...openDirectory(application),
        ],
      }),
    },
    command: apacheCommand(directory),
  })
  return [
    porticoIn('daemon', 'processes: 2'),
    porticoIn('embedded', 'mode: embedded'),
    {
      name: 'gunicorn sync',
      files: {},
      command: [
        '/usr/bin/gunicorn',
        '--workers',
        '2',
        '--worker-class',
        'sync',
        '--bind',
        `127.0.0.1:${port}`,
        '--access-logfile',
        log('gunicorn'),
        '--chdir',
        application,
        `${module}:application`,
      ],
    },
    apache('mod_wsgi daemon', [
      `WSGISocketPrefix ${join(directory, 'wsgi')}`,
      `WSGIDaemonProcess hello processes=2 python-path=${application}`,
      'WSGIProcessGroup hello',
    ]),
    apache('mod_wsgi embedded', [`WSGIPythonPath ${application}`]),
    {
      name: 'uwsgi http',
      files: {},
      command: [
        '/usr/bin/uwsgi',
        '--plugin',
        'python3,http',
        '--http',
        `127.0.0.1:${port}`,
        '--http-keepalive',
        '--http-auto-chunked',
        '--processes',
        '2',
        '--chdir',
        application,
        '--module',
        module,
        '--logto',
        log('uwsgi'),
        '--master',
        '--die-on-term',
      ],
    },
    {
      name: 'nginx -> uwsgi',
      files: {
        'nginx.conf': nginxFile({
          directory,
          accessLog: log('nginx'),
          http: [
            `server { listen 127.0.0.1:${port}; location / {`,
            `  include /etc/nginx/uwsgi_params; uwsgi_pass unix:${join(directory, 'uwsgi.sock')};`,
            '} }',
          ],
        }),
      },
      command: nginxCommand(directory),
      also: [
        '/usr/bin/uwsgi',
        '--plugin',
        'python3',
        '--socket',
        join(directory, 'uwsgi.sock'),
        '--chmod-socket=666',
        '--processes',
        '2',
        '--chdir',
        application,
        '--module',
        module,
        '--disable-logging',
        '--master',
        '--die-on-term',
      ],
    },
  ]
}
