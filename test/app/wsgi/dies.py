"""Requests that end their worker or stop its interpreter; the path says how. Else: the id of the process."""

import ctypes
import os
import time


def touches_nothing():
    ctypes.string_at(0)


def keeps_the_lock():
    ctypes.PyDLL(None).sleep(1000)


def takes_memory():
    kept = []
    while True:
        kept.append(b'x' * (16 << 20))


def sleeps():
    print('sleeps')
    time.sleep(3600)


def computes():
    until = time.monotonic() + 8
    while time.monotonic() < until:
        sum(range(1000))


WAYS = {
    '/segfault': touches_nothing,
    '/abort': os.abort,
    '/gone': lambda: os._exit(7),
    '/lock': keeps_the_lock,
    '/memory': takes_memory,
    '/sleep': sleeps,
    '/compute': computes,
}


def application(environ, start_response):
    WAYS.get(environ['PATH_INFO'], lambda: None)()
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'%d' % os.getpid()]
