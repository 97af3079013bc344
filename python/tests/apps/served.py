"""What the tests of the server for foreign front servers ask for, by PATH_INFO; a query names a file or a number."""

import hashlib
import json
import os
import threading

_meeting = threading.Barrier(10)


class Watched:
    """Yields for ever; what ends it, and that close() was called, goes into a file."""

    def __init__(self, path, block):
        self._path = path
        self._block = block
        self._writes = self._blocks()

    def _blocks(self):
        while True:
            yield self._block

    def __iter__(self):
        return self._writes

    def close(self):
        with open(self._path + '.new', 'w') as file:
            file.write('closed')
        os.rename(self._path + '.new', self._path)


def application(environ, start_response):
    path, query = environ['PATH_INFO'], environ['QUERY_STRING']
    handler = _HANDLERS.get(path)
    if handler is not None:
        return handler(environ, start_response, query)
    body = json.dumps({k: v if isinstance(v, (str, bool, int)) else repr(v) for k, v in environ.items()}).encode()
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [body]


def _start(start_response, *fields):
    start_response('200 OK', [('Content-Type', 'application/octet-stream'), *fields])


def _echo(environ, start_response, query):
    body = environ['wsgi.input'].read()
    _start(start_response)
    return [body]


def _digest(environ, start_response, query):
    found, size = hashlib.sha256(), 0
    while True:
        block = environ['wsgi.input'].read(65536)
        if not block:
            break
        size += len(block)
        found.update(block)
    _start(start_response)
    return [b'%d %s' % (size, found.hexdigest().encode())]


def _big(environ, start_response, query):
    _start(start_response)
    block = bytes(range(256)) * 4096
    return (block for _ in range(int(query)))


def _fifo(environ, start_response, query):
    with open(query) as file:
        said = file.read()
    _start(start_response)
    return [said.encode()]


def _fifo_then_read(environ, start_response, query):
    with open(query) as file:
        file.read()
    return _digest(environ, start_response, query)


def _errors(environ, start_response, query):
    environ['wsgi.errors'].write('one\ntwo \u2192')
    _start(start_response)
    return [b'said']


def _raise(environ, start_response, query):
    raise RuntimeError('of the test')


def _late(environ, start_response, query):
    _start(start_response)
    yield b'begun'
    raise RuntimeError('of the test')


def _short(environ, start_response, query):
    _start(start_response, ('Content-Length', '10'))
    yield b'abc'


def _input_error(environ, start_response, query):
    told = open(query or os.devnull, 'w')
    told.write('reading\n')
    told.flush()
    try:
        environ['wsgi.input'].read()
        said = 'whole'
    except Exception as error:
        said = type(error).__name__
    told.write(said)
    told.close()
    _start(start_response)
    return [said.encode()]


def _watched(environ, start_response, query):
    _start(start_response)
    return Watched(query, b'x' * 1000)


def _file(environ, start_response, query):
    _start(start_response)
    return environ['wsgi.file_wrapper'](open(query, 'rb'))


def _fork(environ, start_response, query):
    pid = os.fork()
    if pid == 0:
        os._exit(3 if _sockets() else 0)
    status = os.waitpid(pid, 0)[1]
    _start(start_response)
    return [b'%d' % os.WEXITSTATUS(status)]


def _child_returns(environ, start_response, query):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    _start(start_response)
    return [b'parent' if pid else b'child']


def _sockets():
    count = 0
    for name in os.listdir('/proc/self/fd'):
        try:
            count += os.readlink('/proc/self/fd/' + name).startswith('socket:')
        except OSError:
            pass
    return count


def _meet(environ, start_response, query):
    _meeting.wait(15)
    _start(start_response)
    return [query.encode()]


_HANDLERS = {
    '/echo': _echo, '/digest': _digest, '/big': _big, '/fifo': _fifo, '/fifo-read': _fifo_then_read, '/errors': _errors,
    '/raise': _raise, '/late': _late, '/short': _short, '/input-error': _input_error, '/watched': _watched,
    '/file': _file, '/fork': _fork, '/child-returns': _child_returns, '/meet': _meet,
}
