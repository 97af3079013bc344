// Every event the error log can hold, with its meaning. One name a kind of event; docs are made from this table.

export const events = {
  'server.ready': 'listeners are open and answer',
  'server.reloaded': 'the configuration and the code as they are on disk are at work',
  'server.reload_refused': 'a reload failed; what it concerns stays as it was',
  'server.stop': 'a stop was asked for; running requests finish',
  'server.stopped': 'everything has ended',
  'runtime.removed':
    'the runtime directory, or something in it, was removed while the server runs; it has been made again',
  'runtime.lost': 'what was removed from the runtime directory cannot be made again',
  'http.start': 'an HTTP process was started',
  'http.kept': 'an HTTP process that was to take over could not; the one that serves goes on',
  'http.exited': 'an HTTP process ended although nobody asked for it',
  'script.refused': 'a CGI script is not started',
  'external.unreachable': 'no connection could be made to an application at an address of somebody else',
  'external.reachable': 'connections to it can be made again',
  'worker.start': 'a worker process was started',
  'worker.ready': 'a worker has imported its application and takes requests',
  'worker.slow': 'a worker was started a while ago and is not ready',
  'template.start': 'the process from which the workers of an application are forked was started (preload)',
  'template.ready': 'the process from which workers are forked has imported the application',
  'template.exited': 'the process from which workers are forked ended although nobody asked for it',
  'worker.failed': 'a worker could not start its application',
  'worker.exited': 'a worker ended although nobody asked for it, or its interpreter did not run any more',
  'embedded.no_lane':
    'small calls of an embedded application go over connections, since no memory can be shared',
  'worker.stuck': 'a request exceeded request_time; its worker is being replaced',
  'worker.interrupted': 'a request was ended with "portico kill"; what its thread was doing',
  'worker.worn': 'a worker has reached its limit of requests, memory or age; another takes its place',
  'worker.retired': 'a worker ended as planned',
  'worker.killed': 'a worker did not end in time and was killed',
  'user.groups': 'processes of a user run without the supplementary groups of that user',
  'application.changed': 'files of an application have changed; its new code is being started (--reload)',
  'application.renewed': 'the new code of an application answers; the old code finishes its requests',
  'application.output': 'a line that an application wrote to stdout or stderr',
  'application.output_dropped':
    'an application wrote more lines than the log takes in a second; the rest was left out',
  'service.start': 'a service was started',
  'service.failed': 'a service could not be started',
  'service.exited': 'a service ended although nobody asked for it; it is started again',
  'service.output': 'a line that a service wrote to stdout or stderr',
  'service.output_dropped':
    'a service wrote more lines than the log takes in a second; the rest was left out',
  'service.stopped': 'a service ended as it was asked to',
  'service.killed': 'a service did not end within its stop_time and was killed',
  'service.unguarded':
    'if the supervisor is killed now, its services and the programs of its applications are left behind: what would end them cannot run',
  'children.unreaped': 'processes that ended stay as zombies: nobody but this program could take them away',
  'application.errors': 'text that an application wrote to wsgi.errors',
  'connections.limited': 'the process may open fewer descriptors than limits.connections connections need',
  'descriptors.exhausted': 'the process or the system has no descriptor left; idle connections are closed',
  'connections.refused': 'connections over the limit were turned away with 503',
  'rate.exceeded': 'requests over the rate of a mount or a site were answered with 429',
  'access.line_refused': 'a line of a file of users names nobody who can be admitted',
  'access.password_wrong': 'requests with a wrong name or password were answered with 401',
  'access.users_unreadable': 'a file of users cannot be read, so nobody is admitted where it counts',
  'page.unreadable':
    'a page that the configuration names cannot be read; the one before or that of Portico is sent',
  'request.failed': 'a request was answered with an error by Portico itself',
  'request.malformed': 'a client sent bytes that are not a valid request',
  'spool.crowded': 'outputs that wait for slow clients fill their share of the spool, and hold slots',
  'spool.failed': 'output that clients do not take yet could not be written to the spool directory',
  'environ.field_refused': 'a request field was kept out of the environ',
  'proxy.untrusted':
    'a peer that is not among trusted_proxies sent what only proxies send; applications did not see it',
  'proxy.refused':
    'connections to a listener with proxy_protocol were closed: not from a trusted proxy, or without its header',
  'files.refused':
    'a file was not served because of its name, its kind, its permissions or where a symlink leads',
  'sendfile.missing': 'an application named a file that does not exist; the client got a 404',
  'log.dropped': 'log lines were dropped because a sink was too slow',
  'log.failed': 'a log could not be written or opened again; its lines wait, then are dropped',
  'internal.fault': 'a fault in Portico itself',
} as const

export type EventName = keyof typeof events
