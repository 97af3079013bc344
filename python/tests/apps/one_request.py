"""Applications for one request as a CGI program."""

import atexit
import json
import os
import subprocess
import sys
import threading
from wsgiref.validate import validator


def hello(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']


def variables(environ, start_response):
    shown = {name: value if isinstance(value, (str, bool, int)) else repr(value) for name, value in environ.items()}
    start_response('200 OK', [])
    return [json.dumps({**shown, 'os.environ': sorted(os.environ)}).encode()]


def read(environ, start_response):
    body = environ['wsgi.input']
    content = [body.read(3), body.readline()]
    content += body.readlines(1)
    content += list(body)
    content.append(body.read())
    start_response('200 OK', [])
    return [b'|'.join(content)]


def echo(environ, start_response):
    start_response('200 OK', [])
    body = environ['wsgi.input']
    return iter(lambda: body.read(65536), b'')


@validator
def valid(environ, start_response):
    content = environ['wsgi.input'].read(100)
    environ['wsgi.errors'].write('seen\n')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [content]


def stepwise(environ, start_response):
    """One block for each octet that the test writes into the pipe STEP."""
    step = int(environ['STEP'])
    start_response('200 OK', [])
    yield b'begun'
    while os.read(step, 1):
        yield b'more'


class Closing:
    def __init__(self, blocks):
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        block = next(self.blocks)
        if isinstance(block, Exception):
            raise block
        return block

    def close(self):
        sys.stderr.write('closed\n')


def closing(environ, start_response):
    start_response('200 OK', [])
    return Closing([b'one', b'two'])


def raises(environ, start_response):
    raise ValueError('broken here')


def raises_late(environ, start_response):
    start_response('200 OK', [])
    return Closing([b'begun', ValueError('too late')])


def replaces(environ, start_response):
    start_response('200 OK', [('X-First', '1')])
    try:
        raise ValueError('changed my mind')
    except ValueError:
        start_response('418 Teapot', [], sys.exc_info())
    return [b'tea']


def raises_again(environ, start_response):
    write = start_response('200 OK', [])
    write(b'begun')
    try:
        raise ValueError('head is out')
    except ValueError:
        start_response('500 Oh', [], sys.exc_info())
    return []


def too_short(environ, start_response):
    start_response('200 OK', [('Content-Length', '99')])
    return [b'short']


def too_long(environ, start_response):
    start_response('200 OK', [('Content-Length', '4')])
    return [b'hell', b'o']


def file(environ, start_response):
    start_response('200 OK', [])
    return environ['wsgi.file_wrapper'](open(environ['FILE'], 'rb'))


def prints(environ, start_response):
    print('printed')
    os.write(1, b'written\n')
    subprocess.run(['echo', 'of a child'], check=True)
    seen = subprocess.run(['cat'], stdout=subprocess.PIPE, check=True).stdout + sys.stdin.read().encode()
    environ['wsgi.errors'].write('told\n')
    start_response('200 OK', [])
    return [seen + environ['wsgi.input'].read()]


def leaves_a_child(environ, start_response):
    if os.fork() == 0:
        os.read(int(environ['STEP']), 1)
        os._exit(0)
    start_response('200 OK', [])
    return [b'hello']


def ends_in_order(environ, start_response):
    atexit.register(sys.stderr.write, 'exit handler\n')
    threading.Thread(target=sys.stderr.write, args=('thread\n',)).start()
    start_response('200 OK', [])
    yield b'begun'
    raise ValueError('cut')


def imports(environ, start_response):
    start_response('200 OK', [])
    return [' '.join(sorted(sys.modules)).encode()]


def takes_one(environ):
    return []


class Cross:
    """What a plain look at __call__ cannot judge."""

    def __call__(self, *arguments):
        arguments[1]('200 OK', [])
        return [b'any']


cross = Cross()
