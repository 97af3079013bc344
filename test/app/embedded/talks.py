"""Answers in every shape: /sleep, /pieces, /upload, /wrapped, /endless."""

import hashlib
import os
import tempfile
import threading
import time

CLOSED = threading.Event()


class Endless:
    def __iter__(self):
        while True:
            yield b'x' * 65536

    def close(self):
        CLOSED.set()


def pieces(gate):
    for number in range(3):
        yield b'piece %d\n' % number
        while not os.path.exists('%s.%d' % (gate, number)):
            time.sleep(0.01)


def application(environ, start_response):
    path = environ['PATH_INFO']
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if path == '/sleep':
        time.sleep(1)
        return [b'slept']
    if path == '/pieces':
        return pieces(environ['QUERY_STRING'])
    if path == '/upload':
        digest = hashlib.sha256()
        for block in iter(lambda: environ['wsgi.input'].read(65536), b''):
            digest.update(block)
        return [digest.hexdigest().encode()]
    if path == '/wrapped':
        file = tempfile.TemporaryFile()
        file.write(b'0123456789abcdef' * 65536)
        file.seek(0)
        return environ['wsgi.file_wrapper'](file)
    if path == '/endless':
        CLOSED.clear()
        return Endless()
    if path == '/closed':
        return [b'closed' if CLOSED.wait(15) else b'never closed']
    return [b'talks']
