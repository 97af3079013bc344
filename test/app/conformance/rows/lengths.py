"""What the application says about the length of its body, true or not."""

from .note import PLAIN, Closing, note, query, token, wait


def shorter(environ, start_response):
    """Says 10 octets and has an unbounded number; notes each block that it was asked for."""
    name = token(environ)
    start_response('200 OK', [PLAIN, ('Content-Length', '10')])

    def blocks():
        for number in range(1000):
            note(name, 'block %d' % number)
            yield b'12345678'

    return Closing(name, blocks())


def shorter_list(environ, start_response):
    start_response('200 OK', [PLAIN, ('Content-Length', '10')])
    return [b'1234567812', b'HTTP/1.1 200 Smuggled\r\n\r\n']


def writes_past(environ, start_response):
    write = start_response('200 OK', [PLAIN, ('Content-Length', '10')])
    write(b'12345678')
    try:
        write(b'12345678')
    except BaseException as error:
        note(token(environ), 'raised ' + type(error).__name__)
        return []
    note(token(environ), 'accepted')
    return []


def longer(environ, start_response):
    """Says 20 octets and has 8."""
    start_response('200 OK', [PLAIN, ('Content-Length', '20')])
    return Closing(token(environ), [b'12345678']) if query(environ).get('kind') == 'iterator' else [b'12345678']


def exact(environ, start_response):
    start_response('200 OK', [PLAIN, ('Content-Length', '13')])
    return Closing(token(environ), [b'one ', b'two ', b'three'])


def one(environ, start_response):
    start_response('200 OK', [PLAIN])
    return [b'the only block']


def bodiless(environ, start_response):
    """`status=` 204 or 304, with a body nobody asked for."""
    status = query(environ)['status']
    fields = [('X-Kept', 'yes'), ('ETag', '"a"')]
    if 'length' in query(environ):
        fields.append(('Content-Length', query(environ)['length']))
    start_response(status, fields)
    return Closing(token(environ), [b'unwanted body'])


def zero(environ, start_response):
    """Content-Length: 0, and the iterator waits before it ends."""
    start_response('200 OK', [PLAIN, ('Content-Length', '0')])

    def blocks():
        wait(token(environ))
        return
        yield b''

    return Closing(token(environ), blocks())


ROUTES = {
    'shorter': shorter, 'shorter-list': shorter_list, 'writes-past': writes_past, 'longer': longer, 'exact': exact,
    'one': one, 'bodiless': bodiless, 'zero': zero,
}
