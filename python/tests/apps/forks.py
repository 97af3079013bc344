"""Forks a child that stays until it is told to end over a pipe, and answers with its process id."""

import os
import signal


def application(environ, start_response):
    child = os.fork()
    if child == 0:
        if environ['PATH_INFO'] == '/return':
            return []
        signal.pause()
        os._exit(0)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'%d' % child]
