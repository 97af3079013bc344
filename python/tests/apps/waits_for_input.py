"""Says that it has begun and then reads its input; at the end of the process it says goodbye."""

import atexit

atexit.register(print, 'goodbye')


def application(environ, start_response):
    write = start_response('200 OK', [('Content-Type', 'text/plain')])
    write(b'begun ')
    return [environ['wsgi.input'].read()]
