"""What the HTTP/1.1 vectors ask of an application: /echo tells what it got, /noread reads nothing, /status/NNN, /stream.

Each is mounted by its name, so SCRIPT_NAME says which one is meant.
"""

import json


def echo(environ):
    headers = {
        name[5:].replace('_', '-').title(): value for name, value in environ.items() if name.startswith('HTTP_')
    }
    for name in ('CONTENT_TYPE', 'CONTENT_LENGTH'):
        if environ.get(name):
            headers[name.replace('_', '-').title()] = environ[name]
    body = environ['wsgi.input'].read()
    return json.dumps({
        'method': environ['REQUEST_METHOD'],
        'path_info': environ.get('PATH_INFO', ''),
        'query': environ.get('QUERY_STRING', ''),
        'script_name': environ['SCRIPT_NAME'],
        'env': {name: value for name, value in environ.items() if isinstance(value, str)},
        'headers': headers,
        'body': body.decode('latin-1'),
    }).encode()


def application(environ, start_response):
    name = environ['SCRIPT_NAME']
    if name == '/status':
        start_response(environ['PATH_INFO'][1:4] + ' Chosen', [])
        return []
    if name == '/stream':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return iter([b'one ', b'two ', b'three'])
    if name == '/noread':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [b'ok']
    body = echo(environ)
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]
