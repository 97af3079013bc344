"""An application with every fault that faults.mjs asks for; its usual answer takes long enough that some are always running."""

import ctypes
import select

_kept = []
_USUAL_SECONDS = 0.03
_PIECE = 16 * 1024 * 1024


def _wait(seconds):
    # Not time.sleep: libfaketime breaks that.
    select.select([], [], [], seconds)


def application(environ, start_response):
    path = environ['PATH_INFO']
    body = _ANSWERS.get(path, _usual)(environ)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]


def _usual(environ):
    _wait(_USUAL_SECONDS)
    return b'the usual answer ' + environ['QUERY_STRING'].encode('latin-1')


def _leak(environ):
    _kept.append(b'x' * (2 * 1024 * 1024))
    return b'leaked'


def _memory(environ):
    while True:
        _kept.append(b'x' * _PIECE)


def _lock(environ):
    # PyDLL, other than CDLL, keeps the lock of the interpreter.
    ctypes.PyDLL(None).sleep(100000)
    return b'never'


def _slow(environ):
    _wait(float(environ['QUERY_STRING'] or '1'))
    return b'slow'


def _upload(environ):
    size = 0
    while True:
        piece = environ['wsgi.input'].read(65536)
        if not piece:
            return str(size).encode('latin-1')
        size += len(piece)


_ANSWERS = {'/leak': _leak, '/memory': _memory, '/lock': _lock, '/slow': _slow, '/upload': _upload}
