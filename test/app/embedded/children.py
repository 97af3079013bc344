"""Children of an application: /fork, /lives, /returns, /pool, /program, /signal, /alarm."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time

OWN = socket.create_server(('127.0.0.1', 0))


def descriptors():
    """Number and target of what is open, and the inodes of the listening sockets of this machine's ports."""
    found = {}
    for name in os.listdir('/proc/self/fd'):
        try:
            found[name] = os.readlink('/proc/self/fd/' + name)
        except OSError:
            pass
    return found


def fork(_query):
    """The descriptors of a child, which of them are its parent's, and which port the application's own socket has."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            found = {'child': descriptors(), 'own': OWN.getsockname()[1]}
            found['handlers'] = [signal.getsignal(number).name for number in (signal.SIGTERM, signal.SIGINT)]
            with os.fdopen(send, 'w') as out:
                json.dump(found, out)
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive) as answer:
        found = json.load(answer)
    os.waitpid(pid, 0)
    return {**found, 'parent': descriptors(), 'server': os.getpid(), 'listener': OWN.fileno()}


def lives(_query):
    """A child that goes on living; in a group of its own, so that only it can end itself."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(send)
        time.sleep(60)
        os._exit(0)
    os.close(send)
    os.read(receive, 1)  # ends when it has its group
    os.close(receive)
    return {'pid': pid}


def returns(_query):
    """The child returns from the application as if it were the server."""
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        return {'pid': os.getpid(), 'status': status}
    return {'pid': 'of the child'}


def square(number):
    return number * number


def pool(_query):
    with multiprocessing.get_context('fork').Pool(2) as workers:
        return {'squares': workers.map(square, range(5), chunksize=1)}


def program(_query):
    code = 'import os, sys; print(len(os.listdir("/proc/self/fd")) - 1, sys.prefix, os.getcwd())'
    done = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, check=True)
    return {'said': done.stdout.decode().split()}


def handler(*_):
    pass


def set_signal(_query):
    before = signal.signal(signal.SIGTERM, handler)
    return {'before': str(before), 'thread': threading.current_thread().name}


def alarm(_query):
    """Alarms that would come long before the answer is out, and how one ends a child."""
    refused = [signal.alarm(1), signal.setitimer(signal.ITIMER_REAL, 0.01), signal.getitimer(signal.ITIMER_REAL)]
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(30)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return {'refused': refused, 'child': signal.Signals(os.WTERMSIG(status)).name, 'pid': os.getpid()}


PAGES = {
    '/fork': fork,
    '/lives': lives,
    '/returns': returns,
    '/pool': pool,
    '/program': program,
    '/signal': set_signal,
    '/alarm': alarm,
}


def application(environ, start_response):
    body = json.dumps(PAGES[environ['PATH_INFO']](environ['QUERY_STRING'])).encode()
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [body]
