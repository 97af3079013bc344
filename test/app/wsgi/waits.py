"""Holds a request until a file exists; /pid tells the process, /forever never answers, /forks leaves a child behind."""

import os
import time


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/forever':
        while True:
            time.sleep(3600)
    if path == '/wait':
        while not os.path.exists(os.environ['GATE']):
            time.sleep(0.01)
    if path == '/forks' and os.fork() == 0:
        time.sleep(3600)
        os._exit(0)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'%d' % os.getpid()]
