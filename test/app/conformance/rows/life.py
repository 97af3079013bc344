"""What the application does to its process."""

import atexit
import locale
import os
import sys

from .note import PLAIN, answer_json, note, query, token


def ends(environ, start_response):
    how = query(environ)['how']
    if how == 'exit':
        sys.exit(7)
    if how == 'exit-in-iteration':
        def blocks():
            sys.exit(7)
            yield b''
        start_response('200 OK', [PLAIN])
        return blocks()
    if how == 'interrupt':
        raise KeyboardInterrupt
    if how == 'raise':
        raise RuntimeError('raised at once ' + token(environ))
    os._exit(1)


def process(environ, start_response):
    return answer_json(os.getpid(), start_response)


def at_exit(environ, start_response):
    name = token(environ)
    atexit.register(note, name, 'atexit')
    return answer_json(os.getpid(), start_response)


def encodings(environ, start_response):
    print('printed gr\xfc\xdfe \u4f60 ' + token(environ))
    sys.stdout.flush()
    found = [sys.getfilesystemencoding(), 'gr\xfc\xdfe'.encode(sys.getfilesystemencoding()).decode('latin-1')]
    return answer_json(found + [locale.getpreferredencoding(False)], start_response)


def process_environment(environ, start_response):
    return answer_json(sorted(os.environ), start_response)


ROUTES = {
    'ends': ends, 'process': process, 'at-exit': at_exit, 'encodings': encodings,
    'process-environment': process_environment,
}
