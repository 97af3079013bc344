"""What the mixed load asks for: a small page, an output in pieces, an answer that takes its time, uploads."""

import time
import zlib

_PIECE = b'x' * 65536
_PIECES = 64
_SLOW_SECONDS = 0.2


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/output':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return (_PIECE for _ in range(_PIECES))
    if path == '/upload':
        text = _upload(environ['wsgi.input'])
    else:
        if path == '/slow':
            time.sleep(_SLOW_SECONDS)
        text = 'the page ' + environ['QUERY_STRING']
    body = text.encode('latin-1')
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]


def _upload(body):
    size = check = 0
    while True:
        piece = body.read(65536)
        if not piece:
            return '%d %d' % (size, check)
        size += len(piece)
        check = zlib.crc32(piece, check)
