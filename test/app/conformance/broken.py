"""Cannot be imported until somebody mends it."""

import module_that_is_not_there  # noqa: F401


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'never']
