"""The application of the conformance suite: the first segment of the path names the behaviour, the query says more.

Below /validated the same behaviour runs under wsgiref.validate. Plain WSGI, standard library, any server.
"""

import os
import sys
from wsgiref.validate import validator

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

from rows import body, environ as environ_rows, errors, files, head, input as input_rows, life, lengths  # noqa: E402

ROUTES = {}
for module in (body, environ_rows, errors, files, head, input_rows, life, lengths):
    ROUTES.update(module.ROUTES)


def dispatch(environ, start_response):
    name = environ.get('PATH_INFO', '').split('/')[1:2]
    route = ROUTES.get(name[0] if name else '', environ_rows.where)
    return route(environ, start_response)


validated = validator(dispatch)


def application(environ, start_response):
    path = environ.get('PATH_INFO', '')
    if path.startswith('/validated/'):
        environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '') + '/validated'
        environ['PATH_INFO'] = path[len('/validated'):]
        return validated(environ, start_response)
    return dispatch(environ, start_response)
