"""Requests that end otherwise: aborted, broken off, or with input that nobody read (FastCGI 1.0, sections 5.4, 6.2)."""

from __future__ import annotations

import io
import random
import unittest
from contextlib import redirect_stderr
from threading import Event
from typing import Any, Iterator, List

from portico_worker.fastcgi.pairs import encode
from portico_worker.fastcgi.records import (
    ABORT, BEGIN, BEGIN_BODY, END, GET_VALUES, PARAMS, REQUEST_COMPLETE, STDIN, record, split,
)

from .client import head_of, request
from .hosted import Hosted
from .test_conduct import echo


class AbortTest(unittest.TestCase):
    def test_ends_a_request_that_is_aborted_before_its_input(self) -> None:
        with Hosted(echo) as hosted:
            begin = record(BEGIN, 1, BEGIN_BODY.pack(1, 1)) + record(PARAMS, 1, b'\1\1Ab')
            reply = hosted.client.ask(begin + record(ABORT, 1))
            self.assertEqual((reply.kinds, reply.protocol), ([END], REQUEST_COMPLETE))
            self.assertEqual(hosted.client.ask(request(b'x')).body, b'x')

    def test_raises_in_an_application_that_reads_and_keeps_the_connection(self) -> None:
        seen: List[BaseException] = []

        def reader(environ: Any, start_response: Any) -> List[bytes]:
            try:
                return echo(environ, start_response)
            except OSError as error:
                seen.append(error)
                raise

        with Hosted(reader) as hosted:
            reply = hosted.client.ask(head_of(CONTENT_LENGTH='10') + record(STDIN, 1, b'12345') + record(ABORT, 1))
            self.assertEqual((reply.stdout, reply.status, reply.stderr), (b'', 1, b''))
            self.assertEqual(len(seen), 1)
            self.assertEqual(hosted.client.ask(request(b'x')).body, b'x')

    def test_stops_a_long_answer_and_closes_its_iterable(self) -> None:
        closed = Event()
        more = Event()

        class Endless:
            def __iter__(self) -> Iterator[bytes]:
                while True:
                    yield b'block'
                    more.wait(0.06)

            def close(self) -> None:
                closed.set()

        def application(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', [])
            return Endless()

        with Hosted(application) as hosted:
            hosted.socket.sendall(request())
            hosted.client.next_record()
            hosted.socket.sendall(record(ABORT, 1))
            self.assertEqual(hosted.client.reply().status, 1)
            self.assertTrue(closed.is_set())


class BrokenPeerTest(unittest.TestCase):
    def closes(self, data: bytes) -> None:
        with Hosted(echo) as hosted:
            try:
                hosted.socket.sendall(data)
                while True:
                    hosted.client.next_record()
            except (EOFError, ConnectionError):
                pass

    def test_closes_on_what_is_no_fastcgi(self) -> None:
        self.closes(b'GET / HTTP/1.1\r\n\r\n')
        self.closes(b'\x09' + request()[1:])
        self.closes(record(GET_VALUES, 0, b'\xff\xff'))
        self.closes(record(BEGIN, 1, b'\0\1\1'))
        self.closes(record(BEGIN, 0, BEGIN_BODY.pack(1, 1)) + b'\0' * 8)
        self.closes(record(BEGIN, 1, BEGIN_BODY.pack(1, 1)) + record(PARAMS, 1, b'\x7f') + record(PARAMS, 1))
        self.closes(record(BEGIN, 1, BEGIN_BODY.pack(1, 1)) + record(STDIN, 1, b'early'))
        self.closes(head_of(CONTENT_LENGTH='5') + record(BEGIN, 1, BEGIN_BODY.pack(1, 1)))

    def test_closes_when_the_variables_are_too_large(self) -> None:
        big = encode([('HTTP_X', 'v' * (2 << 20))])
        self.closes(record(BEGIN, 1, BEGIN_BODY.pack(1, 1)) + split(PARAMS, 1, big))

    def test_survives_a_close_anywhere(self) -> None:
        data = request(b'body')
        for at in range(0, len(data), 5):
            hosted = Hosted(echo)
            hosted.socket.sendall(data[:at])
            hosted.finish()

    def test_survives_noise(self) -> None:
        source = random.Random(7)
        valid = request(b'body')
        for _ in range(300):
            data = bytearray(valid)
            for _ in range(source.randrange(1, 6)):
                data[source.randrange(len(data))] = source.randrange(256)
            hosted = Hosted(echo)
            with redirect_stderr(io.StringIO()):
                hosted.socket.sendall(data)
                hosted.finish()


class LeftoverTest(unittest.TestCase):
    @staticmethod
    def ignore(environ: Any, start_response: Any) -> List[bytes]:
        start_response('200 OK', [])
        return [b'ignored']

    def test_discards_a_short_body_that_nobody_read(self) -> None:
        with Hosted(self.ignore) as hosted:
            for _ in range(3):
                self.assertEqual(hosted.client.ask(request(b'x' * 30000)).body, b'ignored')

    def test_discards_what_the_buffers_of_a_socket_hold_and_keeps_the_connection(self) -> None:
        with Hosted(self.ignore) as hosted:
            for _ in range(3):  # an answer that has come is the end of the call for who sent the body
                self.assertEqual(hosted.client.ask(request(b'x' * 160000)).body, b'ignored')

    def test_closes_after_the_end_when_the_body_is_still_coming(self) -> None:
        with Hosted(self.ignore) as hosted:
            reply = hosted.client.ask(head_of(CONTENT_LENGTH='1000000') + record(STDIN, 1, b'x' * 100))
            self.assertEqual((reply.body, reply.status), (b'ignored', 0))
            with self.assertRaises(EOFError):
                hosted.client.next_record()
            hosted.socket.sendall(record(STDIN, 1, b'x' * 50000))  # not a reset: it waits for us to close

    def test_reads_the_rest_of_a_body_after_content_length(self) -> None:
        with Hosted(echo) as hosted:
            data = head_of(CONTENT_LENGTH='2') + record(STDIN, 1, b'abcdef') + record(STDIN, 1)
            self.assertEqual(hosted.client.ask(data).body, b'ab')
            self.assertEqual(hosted.client.ask(request(b'x')).body, b'x')

    def test_takes_a_body_of_unknown_length(self) -> None:
        with Hosted(echo) as hosted:
            self.assertEqual(hosted.client.ask(head_of() + record(STDIN, 1, b'abc') + record(STDIN, 1)).body, b'abc')

    def test_takes_a_large_body(self) -> None:
        body = bytes(range(256)) * (64 << 10)
        def length(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [])
            return [b'%d' % sum(len(block) for block in iter(lambda: environ['wsgi.input'].read(100000), b''))]

        with Hosted(length) as hosted:
            self.assertEqual(hosted.client.ask(request(body)).body, b'%d' % len(body))


class DisconnectTest(unittest.TestCase):
    def test_raises_in_an_application_whose_input_is_cut_off(self) -> None:
        seen: List[Any] = []

        def reader(environ: Any, start_response: Any) -> List[bytes]:
            for _ in range(2):
                try:
                    environ['wsgi.input'].read()
                except OSError as error:
                    seen.append(error)
            start_response('400 Bad Request', [])
            return []

        hosted = Hosted(reader)
        hosted.socket.sendall(head_of(CONTENT_LENGTH='10') + record(STDIN, 1, b'12345'))
        hosted.finish()
        self.assertEqual(len(seen), 2)

    def test_raises_when_stdin_is_shorter_than_content_length(self) -> None:
        with Hosted(echo) as hosted:
            for body in (b'12345', b''):
                reply = hosted.client.ask(head_of(CONTENT_LENGTH='10') + split(STDIN, 1, body) + record(STDIN, 1))
                self.assertIn(b'Status: 500', reply.head)
                self.assertIn(b'of 10 octets', reply.stderr)

    def test_closes_the_iterable_when_nobody_reads_any_more(self) -> None:
        closed: List[int] = []
        going = Event()

        class Endless:
            def __iter__(self) -> Iterator[bytes]:
                while True:
                    yield b'x' * 100000
                    going.set()

            def close(self) -> None:
                closed.append(1)

        def application(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', [])
            return Endless()

        hosted = Hosted(application)
        hosted.socket.sendall(request())
        hosted.client.next_record()
        hosted.finish()
        self.assertEqual(closed, [1])
