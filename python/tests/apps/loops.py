"""Sends its head and a line, then works for ever in Python."""

import time


def application(environ, start_response):
    start_response('200 OK', [])
    yield b'begun'
    while environ['PATH_INFO'] == '/loop':
        time.sleep(0.001)
