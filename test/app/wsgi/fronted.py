"""What another server's application is told and given, told apart by PATH_INFO; the files of /hold are how a test and a request meet."""

import hashlib
import json
import os
import time
from wsgiref.util import request_uri

LARGE = 20 << 20
BLOCK = bytes(range(256)) * 1024


def application(environ, start_response):
    routes = {'/digest': digest, '/large': large, '/fail': fail, '/cut': cut, '/short': short, '/hold': hold, '/go': go}
    routes['/events'] = events
    route = routes.get(environ['PATH_INFO'], told)
    return route(environ, start_response)


def told(environ, start_response):
    said = {name: value for name, value in environ.items() if isinstance(value, (str, bool))}
    said.update(pid=os.getpid(), uid=os.getuid(), url=request_uri(environ), directory=os.getcwd(), variable=os.environ.get('FRONTED'))
    return answer(start_response, json.dumps(said).encode())


def digest(environ, start_response):
    digested, size = hashlib.sha256(), 0
    while True:
        block = environ['wsgi.input'].read(65536)
        if not block:
            break
        digested.update(block)
        size += len(block)
    said = {'sha256': digested.hexdigest(), 'size': size, 'length': environ.get('CONTENT_LENGTH')}
    return answer(start_response, json.dumps(said).encode())


def large(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/octet-stream')])
    return (BLOCK for _ in range(LARGE // len(BLOCK)))


def fail(environ, start_response):
    raise ValueError('the missing crate')


def cut(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield b'begun'
    raise ValueError('the second crate is missing')


def short(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '10')])
    return iter([b'begun'])


def hold(environ, start_response):
    """Notes that it runs, in DIRECTORY/ID, and ends once there is DIRECTORY/go."""
    directory, _, name = environ['QUERY_STRING'].partition('&')
    with open(os.path.join(directory, name), 'w') as file:
        file.write(str(os.getpid()))
    wait(directory)
    return answer(start_response, b'held %d' % os.getpid())


def events(environ, start_response):
    """Sends an event, and another once there is DIRECTORY/go; what follows the directory is for X-Accel-Buffering."""
    directory, _, buffering = environ['QUERY_STRING'].partition('&')
    fields = [('X-Accel-Buffering', buffering)] if buffering else []
    start_response('200 OK', [('Content-Type', 'text/event-stream'), *fields])
    yield b'data: first\n\n'
    wait(directory)
    yield b'data: second\n\n'


def wait(directory):
    until = time.monotonic() + 20
    while not os.path.exists(os.path.join(directory, 'go')) and time.monotonic() < until:
        time.sleep(0.01)


def go(environ, start_response):
    """Redirects to an absolute address beside it."""
    start_response('302 Found', [('Location', request_uri(environ, False)[:-2] + 'there')])
    return []


def answer(start_response, body):
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]
