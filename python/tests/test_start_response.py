"""start_response and the write() it returns: PEP 3333, "The start_response() Callable"."""

from __future__ import annotations

import sys
import unittest
from threading import Event
from typing import Any, Iterator, List

from .client import request
from .hosted import Hosted
from .started import DEADLINE
from .test_answer import answer


class WriteTest(unittest.TestCase):
    def test_sends_what_is_written_before_the_iterable(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            write = start_response('200 OK', [])
            write(b'')
            write(b'one ')
            write(b'two ')
            return [b'three']

        self.assertEqual(answer(application).body, b'one two three')

    def test_sends_at_once(self) -> None:
        go_on = Event()

        def application(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [])(b'now')
            go_on.wait(DEADLINE)
            return []

        with Hosted(application) as hosted:
            hosted.socket.sendall(request())
            self.assertEqual(hosted.client.next_record()[2], b'Status: 200 OK\r\n\r\nnow')
            go_on.set()
            self.assertEqual(hosted.client.reply().status, 0)

    def test_refuses_text_and_more_than_declared(self) -> None:
        seen: List[BaseException] = []

        def application(environ: Any, start_response: Any) -> List[bytes]:
            write = start_response('200 OK', [('Content-Length', '5')])
            for block in ('text', b'hello world', b'more'):
                try:
                    write(block)
                except (TypeError, ValueError) as error:
                    seen.append(error)
            return []

        with Hosted(application) as hosted:
            reply = hosted.client.ask(request())
        self.assertEqual((reply.body, reply.status), (b'hello', 0))
        self.assertEqual([type(error) for error in seen], [TypeError, ValueError, ValueError])

    def test_drops_what_is_written_for_head(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [])(b'body')
            return [b'more']

        self.assertEqual(answer(application, REQUEST_METHOD='HEAD').body, b'')


class StartResponseTest(unittest.TestCase):
    def test_may_be_called_with_the_first_block_of_a_generator(self) -> None:
        def application(environ: Any, start_response: Any) -> Iterator[bytes]:
            yield b''
            start_response('201 Created', [])
            yield b'body'

        reply = answer(application)
        self.assertEqual((reply.head, reply.body), (b'Status: 201 Created', b'body'))
        self.assertEqual(answer(application, REQUEST_METHOD='HEAD').head, b'Status: 201 Created')

    def test_is_replaced_wholly_before_anything_is_out(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [('X-First', '1'), ('Content-Length', '99')])
            try:
                raise ValueError('changed my mind')
            except ValueError:
                start_response('418 Teapot', [('X-Second', '2')], sys.exc_info())
            return [b'tea']

        self.assertEqual(answer(application).head, b'Status: 418 Teapot\r\nX-Second: 2\r\nContent-Length: 3')

    def test_raises_again_when_the_head_is_out(self) -> None:
        def application(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', [])
            yield b'begun'
            try:
                raise ValueError('too late')
            except ValueError:
                start_response('500 Oh', [], sys.exc_info())
            yield b'never'

        reply = answer(application)
        self.assertEqual((reply.stdout, reply.status), (b'Status: 200 OK\r\n\r\nbegun', 1))
        self.assertIn(b'ValueError: too late', reply.stderr)

    def test_refuses_a_second_call_without_exc_info(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [])
            start_response('200 OK', [], None)
            return [b'never']

        reply = answer(application)
        self.assertIn(b'Status: 500', reply.head)
        self.assertIn(b'a second time', reply.stderr)

    def test_may_be_called_again_after_it_refused(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            try:
                start_response('200 OK', [('Bad Name', 'x')])
            except ValueError:
                start_response('200 OK', [('X-Good', 'x')])
            return [b'']

        self.assertEqual(answer(application).head, b'Status: 200 OK\r\nX-Good: x\r\nContent-Length: 0')
