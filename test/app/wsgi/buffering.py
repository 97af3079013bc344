"""Outputs and inputs that take their time: /output?MIB, /counts, /pid, /echo (answers as it reads), /unread,
/first (answers, then reads)."""

import os

COUNTS = {'begun': 0, 'sent': 0, 'closed': 0, 'input': ''}


class Output:
    """So many blocks of one MiB, each filled with its number."""

    def __init__(self, blocks):
        COUNTS['begun'] += 1
        self.blocks = iter(range(blocks))

    def __iter__(self):
        return self

    def __next__(self):
        block = next(self.blocks)
        COUNTS['sent'] += 1
        return bytes([block % 256]) * 1_048_576

    def close(self):
        COUNTS['closed'] += 1


def echo(environ):
    yield f"length {environ.get('CONTENT_LENGTH')} terminated {environ['wsgi.input_terminated']}\n".encode()
    stream = environ['wsgi.input']
    try:
        for line in stream:
            yield b'got ' + line
    except OSError as error:
        COUNTS['input'] = f'{type(error).__name__}: {error}'
        raise
    COUNTS['input'] = 'complete'


class First:
    """All of its answer is out before it reads its input."""

    def __init__(self, environ):
        self.environ = environ

    def __iter__(self):
        yield b'first'

    def close(self):
        COUNTS['input'] = 'awaited'
        try:
            COUNTS['input'] = str(len(self.environ['wsgi.input'].read()))
        except OSError as error:
            COUNTS['input'] = type(error).__name__


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/first':
        start_response('200 OK', [('Content-Length', '5')])
        return First(environ)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if path == '/output':
        return Output(int(environ['QUERY_STRING']))
    if path == '/echo':
        return echo(environ)
    if path == '/unread':
        return [b'not read']
    if path == '/whole':
        return [str(len(environ['wsgi.input'].read())).encode()]
    if path == '/pid':
        return [str(os.getpid()).encode()]
    return [' '.join(f'{name}={value}' for name, value in COUNTS.items()).encode()]
