"""What the application returns."""

import os
import tempfile

from .note import PLAIN, Closing, note, query, token, wait


class OnlyItems:
    """Iterable by __getitem__ alone."""

    def __getitem__(self, index):
        return [b'one ', b'two ', b'three'][index]


class OwnIterator:
    def __iter__(self):
        return iter((b'one ', b'two ', b'three'))


def temporary(content):
    descriptor, path = tempfile.mkstemp()
    with os.fdopen(descriptor, 'wb') as file:
        file.write(content)
    opened = open(path, 'rb')
    os.unlink(path)
    return opened


SHAPES = {
    'list': lambda: [b'one ', b'two ', b'three'],
    'tuple': lambda: (b'one ', b'two ', b'three'),
    'generator': lambda: (block for block in (b'one ', b'two ', b'three')),
    'iterable': OwnIterator,
    'items': OnlyItems,
    'file': lambda: temporary(b'one two three'),
    'map': lambda: map(bytes, [b'one ', b'two ', b'three']),
    'set-of-one': lambda: {b'one two three'},
    'blanks': lambda: iter([b'', b'one ', b'', b'', b'two ', b'three', b'']),
    'blank-list': lambda: [b'', b'one ', b'two three', b''],
    'text': lambda: ['one two three'],
    'text-late': lambda: iter([b'', 'one two three']),
    'none': lambda: None,
    'number': lambda: 7,
    'bytes': lambda: b'one two three',
    'string': lambda: 'one two three',
    'no-blocks': lambda: [],
    'nothing': lambda: iter(()),
}


def shape(environ, start_response):
    start_response('200 OK', [PLAIN])
    return SHAPES[query(environ)['of']]()


def writes(environ, start_response):
    write = start_response('200 OK', [PLAIN])
    for word in (b'one ', b'two ', b'', b'three '):
        write(word)
    return [b'four ', b'five']


def writes_text(environ, start_response):
    write = start_response('200 OK', [PLAIN])
    try:
        write('text')
    except BaseException as error:
        note(token(environ), 'raised ' + type(error).__name__)
        raise
    note(token(environ), 'accepted')
    return []


def write_waits(environ, start_response):
    write = start_response('200 OK', [PLAIN])
    write(b'early ')
    wait(token(environ))
    write(b'late')
    return []


def yield_waits(environ, start_response):
    start_response('200 OK', [PLAIN])
    yield b'early '
    wait(token(environ))
    yield b'late'


def endless(environ, start_response):
    """Goes on until somebody stops it, for at most a minute."""
    start_response('200 OK', [PLAIN])

    def blocks():
        for _ in range(6000):
            yield b'x' * 4096
            wait(token(environ), 0.01)

    return Closing(token(environ), blocks())


def close_after(environ, start_response):
    """`how=` the way to the end; the result notes its close()."""
    asked = query(environ)
    how, name = asked['how'], token(environ)
    if how == 'raises':
        def failing():
            yield b'begun'
            raise RuntimeError('raised in iteration ' + name)
        start_response('200 OK', [PLAIN])
        return Closing(name, failing())
    if how == 'bad-head':
        def refused():
            start_response('200 OK', 7)
            yield b'never'
        return Closing(name, refused())
    status = asked.get('status', '200 OK')
    start_response(status, [] if status[:3] in ('204', '304') else [PLAIN])
    return Closing(name, [b'one ', b'two'], raising=how == 'close-raises')


ROUTES = {
    'shape': shape, 'writes': writes, 'writes-text': writes_text, 'write-waits': write_waits,
    'yield-waits': yield_waits, 'endless': endless, 'close-after': close_after,
}
