"""What the application does with its input."""

import hashlib

from .note import PLAIN, answer_json, note, query, token


def operations(environ, start_response):
    """`do=read:5,readline,iter`: the results in order, bytes as latin-1 text. `read:None` passes None."""
    stream = environ['wsgi.input']
    results = []
    for step in filter(None, query(environ)['do'].split(',')):
        name, colon, size = step.partition(':')
        arguments = [None if size == 'None' else int(size)] if colon else []
        if name == 'iter':
            found = list(stream)
        elif name == 'close':
            found = b'' if getattr(stream, 'close', lambda: None)() is None else b'?'
        else:
            found = getattr(stream, name)(*arguments)
        plain = type(found) is bytes
        results.append(found.decode('latin-1') if plain else [line.decode('latin-1') for line in found])
    results.append([environ.get('CONTENT_LENGTH'), environ.get('wsgi.input_terminated')])
    return answer_json(results, start_response)


def digest(environ, start_response):
    """Length and SHA-256 of the input; `by=line` reads it by lines."""
    read = environ['wsgi.input'].read
    if query(environ).get('by') == 'line':
        read = environ['wsgi.input'].readline
    total, hashed, most = 0, hashlib.sha256(), 0
    while True:
        block = read(65536) if query(environ).get('by') != 'line' else read()
        if not block:
            break
        total += len(block)
        most = max(most, len(block))
        hashed.update(block)
    return answer_json([total, hashed.hexdigest(), most], start_response)


def ignore(environ, start_response):
    start_response('200 OK', [PLAIN, ('Content-Length', '7')])
    return [b'ignored']


def expect_all(environ, start_response):
    """Notes whether the input could be read to its end, and with which error not."""
    name = token(environ)
    note(name, 'called')
    try:
        length = len(environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 1 << 20)))
    except BaseException as error:
        note(name, 'raised ' + type(error).__name__)
        raise
    note(name, 'read %d of %s' % (length, environ.get('CONTENT_LENGTH')))
    start_response('200 OK', [PLAIN])
    return [b'complete']


ROUTES = {'input': operations, 'digest': digest, 'ignore': ignore, 'expect-all': expect_all}
