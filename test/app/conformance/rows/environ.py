"""What the application sees of a request."""

import os
import threading
import time
from urllib.parse import quote

from .note import PLAIN, answer_json, note, noted, query, token


def where(environ, start_response):
    return answer_json([environ.get('SCRIPT_NAME'), environ.get('PATH_INFO')], start_response)


def show(environ, start_response):
    """Every variable as [type, value]; text as it is, anything else as repr."""
    shown = {
        name: [type(value).__name__, value if isinstance(value, str) else repr(value)]
        for name, value in environ.items()
    }
    return answer_json({'type': type(environ) is dict, 'variables': shown}, start_response)


def mutate(environ, start_response):
    result = answer_json(sorted(name for name in environ if isinstance(name, str)), start_response)
    environ.clear()
    environ['conformance.mutated'] = 'yes'
    environ['SERVER_NAME'] = 'mutated'
    return result


def streams(environ, start_response):
    """What is missing of the streams and the file wrapper."""
    missing = [name for name in ('read', 'readline', 'readlines', '__iter__') if not hasattr(environ['wsgi.input'], name)]
    missing += [name for name in ('write', 'writelines', 'flush') if not hasattr(environ['wsgi.errors'], name)]
    if 'wsgi.file_wrapper' in environ and not callable(environ['wsgi.file_wrapper']):
        missing.append('wsgi.file_wrapper is not callable')
    return answer_json(missing, start_response)


def url(environ, start_response):
    """The recipe of PEP 3333, "URL Reconstruction"."""
    text = environ['wsgi.url_scheme'] + '://'
    if environ.get('HTTP_HOST'):
        text += environ['HTTP_HOST']
    else:
        text += environ['SERVER_NAME']
        default = '443' if environ['wsgi.url_scheme'] == 'https' else '80'
        if environ['SERVER_PORT'] != default:
            text += ':' + environ['SERVER_PORT']
    text += quote(environ.get('SCRIPT_NAME', ''), encoding='latin-1')
    text += quote(environ.get('PATH_INFO', ''), encoding='latin-1')
    if environ.get('QUERY_STRING'):
        text += '?' + environ['QUERY_STRING']
    start_response('200 OK', [PLAIN])
    return [text.encode('latin-1')]


LOCK = threading.Lock()
HERE = {}


def together(environ, start_response):
    """Holds the request until `count` of them are held anywhere, or `hold` seconds; tells how many this process held."""
    name, asked = token(environ), query(environ)
    with LOCK:
        held = HERE.setdefault(name, [0, 0])
        held[0] += 1
        held[1] = max(held)
    note(name, 'held')
    until = time.monotonic() + float(asked['hold'])
    while len(noted(name)) < int(asked['count']) and time.monotonic() < until:
        time.sleep(0.01)
    with LOCK:
        held[0] -= 1
    flags = {key: environ['wsgi.' + key] for key in ('multithread', 'multiprocess', 'run_once')}
    return answer_json(dict(flags, pid=os.getpid(), most=held[1]), start_response)


ROUTES = {
    'where': where, 'environ': show, 'mutate': mutate, 'streams': streams, 'url': url, 'together': together,
}
