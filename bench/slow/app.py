"""/answer: 10 MB in blocks; /list, /generator, /wrapped: 100 MB in three ways; /events: the time, five times a second, for as long as the client listens; else hello."""

import os
import time

BLOCK = b'x' * 65536
LARGE = 1600


def answer():
    for _ in range(160):
        yield BLOCK


def large():
    for _ in range(LARGE):
        yield BLOCK


def events():
    while True:
        yield f'data: {time.time():.6f}\n\n'.encode()
        time.sleep(0.2)


def application(environ, start_response):
    path = environ['PATH_INFO']
    kind = 'text/event-stream' if path == '/events' else 'text/plain'
    start_response('200 OK', [('Content-Type', kind)])
    if path == '/answer':
        return answer()
    if path == '/list':
        return [BLOCK] * LARGE
    if path == '/generator':
        return large()
    if path == '/wrapped':
        return environ['wsgi.file_wrapper'](open(os.environ['LARGE_FILE'], 'rb'))
    if path == '/events':
        return events()
    return [b'Hello, World!']
