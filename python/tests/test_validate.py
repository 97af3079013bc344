"""The worker under wsgiref.validate, which checks the server's side of PEP 3333 as well as the application's."""

from __future__ import annotations

import unittest
import warnings
from typing import Any, Iterator, List
from wsgiref.validate import validator

from .apps import hello
from .client import request
from .hosted import Hosted

PLAIN = [('Content-Type', 'text/plain')]


def echo(environ: Any, start_response: Any) -> List[bytes]:
    body = environ['wsgi.input']
    content = body.read(3) + body.readline() + b''.join(body.readlines()) + b''.join(body)
    environ['wsgi.errors'].write('seen\n')
    environ['wsgi.errors'].flush()
    start_response('200 OK', list(PLAIN))
    return [content]


def streaming(environ: Any, start_response: Any) -> Iterator[bytes]:
    write = start_response('200 OK', list(PLAIN))
    write(b'one ')
    return iter([b'two ', b'three'])


def empty(environ: Any, start_response: Any) -> List[bytes]:
    start_response('204 No Content', [])
    return []


class ValidateTest(unittest.TestCase):
    def test_satisfies_the_validator(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            for application, body, expected in (
                (hello.application, None, b'Hello, world\n'), (echo, b'one\ntwo\n\nthree', b'one\ntwo\n\nthree'),
                (echo, None, b''), (streaming, None, b'one two three'), (empty, None, b''),
            ):
                with Hosted(validator(application)) as hosted:
                    for method in ('GET', 'POST', 'HEAD'):
                        reply = hosted.client.ask(request(body, REQUEST_METHOD=method))
                        self.assertNotIn(b'Traceback', reply.stderr)
                        self.assertEqual((reply.body, reply.status), (b'' if method == 'HEAD' else expected, 0))
