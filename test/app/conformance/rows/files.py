"""What the application gives to wsgi.file_wrapper; the file holds 0123456789 and then as many octets as `size` says."""

import gzip
import io
import os
import tempfile

from .note import PLAIN, note, query, token


class Noted(io.FileIO):
    """A file that notes its close(); a subclass, so a server may not take it for a plain one."""

    name_of_record = 'none'

    def close(self):
        if not self.closed:
            note(self.name_of_record, 'closed')
        super().close()


class NotedReader:
    """A file-like that is not a file: no fileno()."""

    def __init__(self, content, name):
        self.file = io.BytesIO(content)
        self.name = name

    def read(self, size=-1):
        return self.file.read(size)

    def close(self):
        note(self.name, 'closed')


def stored(content):
    descriptor, path = tempfile.mkstemp()
    with os.fdopen(descriptor, 'wb') as file:
        file.write(content)
    return path


def opened(kind, content, name):
    if kind == 'bytes':
        return io.BytesIO(content)
    if kind == 'reader':
        return NotedReader(content, name)
    if kind == 'pipe':
        reading, writing = os.pipe()
        os.write(writing, content)
        os.close(writing)
        return os.fdopen(reading, 'rb')
    path = stored(gzip.compress(content) if kind == 'gzip' else content)
    try:
        if kind == 'gzip':
            return gzip.open(path, 'rb')
        if kind == 'noted':
            file = Noted(path, 'r')
            file.name_of_record = name
            return file
        if kind == 'unbuffered':
            return open(path, 'rb', buffering=0)
        return open(path, 'rb')
    finally:
        os.unlink(path)


def subclassed(wrapper, file):
    """A wrapper of the application's own kind, which has its own idea of what it yields."""
    try:
        class Louder(wrapper):
            def __iter__(self):
                yield b'louder '
                yield file.read()
        return Louder(file, 8192)
    except TypeError:
        return [b'no class to derive from']


def send(environ, start_response):
    """`kind`, `skip`, `length`, `how` (as it is, iterated, wrapped, ignored)."""
    asked = query(environ)
    content = b'0123456789' + b'z' * int(asked.get('size', '0'))
    file = opened(asked.get('kind', 'plain'), content, token(environ))
    if 'skip' in asked:
        file.read(int(asked['skip']))
    fields = [PLAIN]
    if 'length' in asked:
        fields.append(('Content-Length', asked['length']))
    start_response('200 OK', fields)
    wrapper = environ['wsgi.file_wrapper'](file, int(asked.get('block', '8192')))
    how = asked.get('how', 'returned')
    if how == 'iterated':
        blocks = list(wrapper)
        wrapper.close()
        return blocks
    if how == 'wrapped':
        return (block.upper() for block in wrapper)
    if how == 'ignored':
        return [file.read()]
    if how == 'subclass':
        return subclassed(environ['wsgi.file_wrapper'], file)
    return wrapper


ROUTES = {'file': send}
