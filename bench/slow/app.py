"""/answer: 10 MB in blocks; /events: the time, five times a second, for as long as the client listens; else hello."""

import time

BLOCK = b'x' * 65536


def answer():
    for _ in range(160):
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
    if path == '/events':
        return events()
    return [b'Hello, World!']
