"""The smallest answer; /times tells what the process has used of the processor."""

import os


def application(environ, start_response):
    if environ['PATH_INFO'] == '/times':
        used = os.times()
        body = b'%.4f %.4f' % (used.user, used.system)
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [body]
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '13')])
    return [b'Hello, world\n']
