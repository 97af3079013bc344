"""Requests that end in another way than with an answer; the query says how. Without one: the id of the process."""

import atexit
import ctypes
import os
import sys
import time


def stuck_in_python():
    while True:
        time.sleep(0.01)


def stubborn():
    while True:
        try:
            stuck_in_python()
        except BaseException:
            pass


def interrupted():
    raise KeyboardInterrupt


WAYS = {
    'exit': lambda: sys.exit(3),
    'interrupt': interrupted,
    'raise': lambda: 1 / 0,
    'python': stuck_in_python,
    'stubborn': stubborn,
    'c': lambda: time.sleep(1000),
    'lock': lambda: ctypes.PyDLL(None).sleep(1000),
    'segfault': lambda: ctypes.string_at(0),
    'gone': lambda: os._exit(7),
}


@atexit.register
def last_words():
    print('ends: the exit handler ran')


def slowly():
    for _ in range(640):
        yield b'x' * 65536


def application(environ, start_response):
    query = environ['QUERY_STRING']
    if query in WAYS:
        WAYS[query]()
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if query == 'long':
        return slowly()
    return [str(os.getpid()).encode()]
