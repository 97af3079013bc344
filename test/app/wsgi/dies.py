"""Requests that end their worker or stop its interpreter; the path says how. Else: the id of the process.

With COUNT in the environment the first so many requests of all workers together kill theirs; the file SPENT keeps count.
"""

import ctypes
import os
import signal
import time


def touches_nothing():
    ctypes.string_at(0)


def keeps_the_lock():
    ctypes.PyDLL(None).sleep(1000)


def takes_memory():
    kept = []
    while True:
        kept.append(b'x' * (16 << 20))


def dies_as_often_as_told():
    spent = os.environ['SPENT']
    count = os.path.getsize(spent) if os.path.exists(spent) else 0
    if count < int(os.environ['COUNT']):
        with open(spent, 'a') as file:
            file.write('x')
        touches_nothing()


WAYS = {
    '/segfault': touches_nothing,
    '/abort': os.abort,
    '/killed': lambda: os.kill(os.getpid(), signal.SIGKILL),
    '/gone': lambda: os._exit(7),
    '/lock': keeps_the_lock,
    '/memory': takes_memory,
    '/sleep': lambda: time.sleep(3600),
    '/often': dies_as_often_as_told,
}


def application(environ, start_response):
    WAYS.get(environ['PATH_INFO'], lambda: None)()
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'%d' % os.getpid()]
