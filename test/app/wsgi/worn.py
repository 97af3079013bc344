"""Names its process; /leak?N keeps N MiB."""

import os

KEPT = []


def application(environ, start_response):
    if environ['PATH_INFO'] == '/leak':
        KEPT.append(b'x' * (int(environ['QUERY_STRING']) << 20))
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(os.getpid()).encode()]
