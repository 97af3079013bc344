"""/take takes every descriptor that is left, /give gives them back."""

import os

TAKEN = []


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/take':
        try:
            while True:
                TAKEN.append(os.open('/dev/null', os.O_RDONLY))
        except OSError:
            pass
    if path == '/give':
        while TAKEN:
            os.close(TAKEN.pop())
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'given' if path == '/give' else b'taken']
