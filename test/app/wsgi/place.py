"""What an application learns of its client and of its own address, as JSON; /go redirects to an absolute address below it."""

import json
from wsgiref.util import application_uri, request_uri

NAMES = ('REMOTE_ADDR', 'REMOTE_PORT', 'SERVER_NAME', 'SERVER_PORT', 'HTTP_HOST', 'HTTPS', 'REQUEST_URI', 'wsgi.url_scheme')


def told(name):
    return name.startswith(('HTTP_FORWARDED', 'HTTP_X_'))


def application(environ, start_response):
    if environ['PATH_INFO'] == '/go':
        start_response('302 Found', [('Location', application_uri(environ) + 'there')])
        return []
    place = {name: environ[name] for name in environ if name in NAMES or told(name)}
    place['url'] = request_uri(environ)
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(place).encode()]
