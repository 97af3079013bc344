"""What the application passes to start_response."""

import sys

from .note import PLAIN, Closing, note, token, query

CONNECTION_FIELDS = ('Connection', 'Keep-Alive', 'Proxy-Authenticate', 'Proxy-Authorization')
CONNECTION_FIELDS += ('TE', 'Trailers', 'Transfer-Encoding', 'Upgrade')

HEADS = {
    'odd-reason': ('299 Odd Reason', [PLAIN]),
    'high-status': ('599 Made Up (here)', [PLAIN]),
    'no-reason': ('200', [PLAIN]),
    'number': (200, [PLAIN]),
    'bytes-status': (b'200 OK', [PLAIN]),
    'status-injects': ('200 OK\r\nX-Injected: yes', [PLAIN]),
    'status-newline': ('200 OK\nX-Injected: yes', [PLAIN]),
    'tuple': ('200 OK', (PLAIN,)),
    'dict': ('200 OK', {'Content-Type': 'text/plain'}),
    'lists': ('200 OK', [['Content-Type', 'text/plain']]),
    'triple': ('200 OK', [PLAIN, ('A', 'b', 'c')]),
    'bytes-name': ('200 OK', [PLAIN, (b'X-Name', 'value')]),
    'bytes-value': ('200 OK', [PLAIN, ('X-Name', b'value')]),
    'number-value': ('200 OK', [PLAIN, ('X-Number', 5)]),
    'none-value': ('200 OK', [PLAIN, ('X-None', None)]),
    'name-colon': ('200 OK', [PLAIN, ('X-Name: x', 'y')]),
    'name-space': ('200 OK', [PLAIN, ('X Name', 'y')]),
    'name-crlf': ('200 OK', [PLAIN, ('X-Name: x\r\nX-Injected', 'yes')]),
    'name-nul': ('200 OK', [PLAIN, ('X-Na\0me', 'y')]),
    'value-crlf': ('200 OK', [PLAIN, ('X-Name', 'x\r\nX-Injected: yes')]),
    'value-lf': ('200 OK', [PLAIN, ('X-Name', 'x\nX-Injected: yes')]),
    'value-cr': ('200 OK', [PLAIN, ('X-Name', 'x\rX-Injected: yes')]),
    'value-nul': ('200 OK', [PLAIN, ('X-Name', 'x\0y')]),
    'wide-value': ('200 OK', [PLAIN, ('X-Name', '\u4f60')]),
    'wide-name': ('200 OK', [PLAIN, ('X-\u4f60', 'y')]),
    'wide-status': ('200 \u4f60', [PLAIN]),
    'latin-1': ('200 OK', [PLAIN, ('X-Latin', 'caf\xe9 \xff')]),
    'order': ('200 OK', [('X-B', '1'), ('Set-Cookie', 'a=1'), PLAIN, ('X-A', '2'), ('Set-Cookie', 'b=2'), ('x-b', '3')]),
    'own-date': ('200 OK', [PLAIN, ('Date', 'Sun, 06 Nov 1994 08:49:37 GMT'), ('Server', 'Fixture/1')]),
    'created': ('201 Created', [PLAIN, ('Location', '/made/1')]),
    'moved': ('302 Found', [PLAIN, ('Location', '/where?next=1'), ('Content-Length', '8')]),
    'information': ('103 Early Hints', [PLAIN]),
}
for name in CONNECTION_FIELDS:
    HEADS[name.lower()] = ('200 OK', [PLAIN, (name, 'x-conformance')])


def head(environ, start_response):
    """`of=` names the head; what start_response raises is noted and raised on, as an application would."""
    name = token(environ)
    try:
        start_response(*HEADS[query(environ)['of']])
    except BaseException as error:
        note(name, 'raised ' + type(error).__name__)
        raise
    note(name, 'accepted')
    return Closing(name, [b'the body'])


def raises_after_nothing(environ, start_response):
    start_response('200 OK', [PLAIN, ('X-First', 'yes')])
    yield b''
    yield b''
    raise RuntimeError('raised before output ' + token(environ))


def twice(environ, start_response):
    start_response('200 OK', [PLAIN])
    try:
        start_response('201 Created', [PLAIN])
    except BaseException as error:
        note(token(environ), 'raised ' + type(error).__name__)
        raise
    return [b'second call accepted']


def replaced(environ, start_response):
    start_response('200 OK', [PLAIN, ('X-First', 'yes'), ('Content-Length', '3')])
    try:
        raise ValueError('to be handled')
    except ValueError:
        start_response('503 Replaced Wholly', [PLAIN, ('X-Second', 'yes')], sys.exc_info())
    return [b'replacement']


def after_output(environ, start_response):
    start_response('200 OK', [PLAIN])
    yield b'already sent'
    try:
        raise ValueError('raised after output ' + token(environ))
    except ValueError:
        try:
            start_response('500 Second Head', [PLAIN, ('X-Second', 'yes')], sys.exc_info())
        except BaseException as error:
            note(token(environ), 'raised ' + type(error).__name__)
            raise
    note(token(environ), 'accepted')
    yield b'after the second head'


def lazy(environ, start_response):
    start_response('202 Lazy', [PLAIN, ('X-Lazy', 'yes')])
    yield b'lazy '
    yield b'body'


def never(environ, start_response):
    kind = query(environ)['kind']
    return Closing(token(environ), [] if kind == 'empty' else [b'body without a head'])


ROUTES = {
    'head': head, 'raises-after-nothing': raises_after_nothing, 'twice': twice, 'replaced': replaced,
    'after-output': after_output, 'lazy': lazy, 'never': never,
}
