"""Answers that name their request, in the ways that take the lane and the ways that do not: /PATH?TOKEN."""

import sys
import time


def application(environ, start_response):
    path, token = environ['PATH_INFO'], environ['QUERY_STRING'].encode()
    fields = [('Content-Type', 'text/plain'), ('X-Token', token.decode())]
    if path == '/raises':
        raise RuntimeError(token.decode())
    if path == '/slow':
        time.sleep(0.02)
    if path == '/errors':
        environ['wsgi.errors'].write('errors of %s\n' % token.decode())
    if path == '/says':
        print('said by %s' % token.decode(), file=sys.stderr)
    body = environ['wsgi.input'].read()
    start_response('200 OK', fields)
    if path == '/pieces':
        return iter([token, b' in ', b'pieces'])
    if path == '/large':
        return [token * (100_000 // len(token))]
    if path == '/edge':
        return [token * (66_000 // len(token))]
    return [token + b' ' + body]
