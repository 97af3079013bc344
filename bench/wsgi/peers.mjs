// How each server of the comparison is started, from Debian's packages, with two worker processes and its access log
// written to a file wherever it has one. Each entry: name, files to write, command, environment.

import { join } from 'node:path'

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
      'apache.conf': [
        'LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so',
        'LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so',
        'LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so',
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
        ...lines,
        'WSGIApplicationGroup %{GLOBAL}',
        `WSGIScriptAlias / ${join(application, `${module}.py`)}`,
        `<Directory ${application}>`,
        '  Require all granted',
        '</Directory>',
      ].join('\n'),
    },
    command: ['/usr/sbin/apache2', '-f', join(directory, 'apache.conf'), '-DFOREGROUND'],
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
        'nginx.conf': [
          'daemon off;',
          'worker_processes 1;',
          `pid ${join(directory, 'nginx.pid')};`,
          `error_log ${log('nginx-error')};`,
          'events { worker_connections 1024; }',
          'http {',
          `  access_log ${log('nginx')};`,
          '  keepalive_requests 100000000;',
          `  server { listen 127.0.0.1:${port}; location / {`,
          `    include /etc/nginx/uwsgi_params; uwsgi_pass unix:${join(directory, 'uwsgi.sock')};`,
          '  } }',
          '}',
        ].join('\n'),
      },
      command: ['/usr/sbin/nginx', '-c', join(directory, 'nginx.conf')],
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
