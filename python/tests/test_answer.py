"""The ways of a body to the client: PEP 3333, "Buffering and Streaming" and "Handling the Content-Length Header"."""

from __future__ import annotations

import unittest
from threading import Event
from typing import Any, Iterator, List, Optional

from portico_worker.fastcgi.records import STDOUT

from .client import Reply, request
from .hosted import Hosted
from .started import DEADLINE


def answer(application: Any, **variables: str) -> Reply:
    """What the application's answer looks like; proves that the connection is in step afterwards."""
    with Hosted(application) as hosted:
        reply = hosted.client.ask(request(**variables))
        again = hosted.client.ask(request(**variables))
        assert reply.status == again.status and reply.head == again.head, (reply, again)
        return reply


def returning(result: Any, *fields: Any, status: str = '200 OK') -> Any:
    def application(environ: Any, start_response: Any) -> Any:
        start_response(status, list(fields))
        return result() if callable(result) else result

    return application


class Closing:
    """An iterable that counts its closing."""

    def __init__(self, blocks: List[Any], trouble: Optional[BaseException] = None) -> None:
        self.blocks = blocks
        self.closed = 0
        self.taken = 0
        self.trouble = trouble

    def __iter__(self) -> Iterator[Any]:
        for block in self.blocks:
            self.taken += 1
            if isinstance(block, BaseException):
                raise block
            yield block

    def close(self) -> None:
        self.closed += 1
        if self.trouble is not None:
            raise self.trouble


class BodyTest(unittest.TestCase):
    def test_sends_a_head_of_no_octets_before_the_application_has_ended(self) -> None:
        go_on = Event()

        def blocks() -> Iterator[bytes]:
            go_on.wait(DEADLINE)
            return
            yield b''

        def application(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', [('Content-Length', '0')])
            return blocks()

        with Hosted(application) as hosted:
            hosted.socket.sendall(request())
            self.assertEqual(hosted.client.next_record(), (STDOUT, 1, b'Status: 200 OK\r\nContent-Length: 0\r\n\r\n'))
            go_on.set()
            self.assertEqual((hosted.client.reply().stdout, hosted.client.ask(request()).status), (b'', 0))

    def test_infers_content_length_where_the_length_is_known(self) -> None:
        for result in ([b'hello'], (b'hello',), [b'he', b'llo'], (b'', b'hello')):
            reply = answer(returning(result))
            self.assertEqual((reply.head, reply.body), (b'Status: 200 OK\r\nContent-Length: 5', b'hello'))
        for empty in ([], (), [b''], iter([])):
            reply = answer(returning(lambda empty=empty: empty))
            self.assertEqual((reply.head, reply.body), (b'Status: 200 OK\r\nContent-Length: 0', b''))

        class One(List[bytes]):
            pass

        self.assertIn(b'Content-Length: 5', answer(returning(One([b'hello']))).head)

    def test_keeps_the_length_of_the_application(self) -> None:
        reply = answer(returning([b'hello'], ('content-length', '5')))
        self.assertEqual((reply.head, reply.body), (b'Status: 200 OK\r\nContent-Length: 5', b'hello'))

    def test_leaves_the_length_open_for_what_is_made_on_the_way(self) -> None:
        reply = answer(returning(lambda: iter([b'', b'he', b'', b'llo', b''])))
        self.assertEqual((reply.head, reply.body, reply.status), (b'Status: 200 OK', b'hello', 0))

    def test_takes_iterables_that_have_only_getitem(self) -> None:
        class Old:
            def __getitem__(self, index: int) -> bytes:
                return [b'one ', b'two'][index]

        self.assertEqual(answer(returning(Old())).body, b'one two')

    def test_sends_a_small_whole_answer_in_one_piece(self) -> None:
        with Hosted(returning([b'hello'])) as hosted:
            size = 8 + len(b'Status: 200 OK\r\nContent-Length: 5\r\n\r\nhello') + 24
            for _ in range(20):
                hosted.socket.sendall(request())
                self.assertEqual(len(hosted.socket.recv(65536)), size)

    def test_sends_every_block_before_the_next_is_made(self) -> None:
        go_on = Event()

        def blocks() -> Iterator[bytes]:
            for number in range(3):
                yield b'block %d' % number
                if not go_on.wait(DEADLINE):
                    return
                go_on.clear()

        with Hosted(returning(blocks)) as hosted:
            hosted.socket.sendall(request())
            self.assertEqual(hosted.client.next_record(), (STDOUT, 1, b'Status: 200 OK\r\n\r\nblock 0'))
            for number in (1, 2):
                go_on.set()
                self.assertEqual(hosted.client.next_record(), (STDOUT, 1, b'block %d' % number))
            go_on.set()
            self.assertEqual(hosted.client.reply().status, 0)

    def test_sends_large_blocks_whole(self) -> None:
        for size in (65000, 65528, 65536, 200000, 5 << 20):
            body = bytes(range(251)) * (size // 251 + 1)
            for result in ([body], [body, body], lambda body=body: iter([b'x', body])):
                reply = answer(returning(result))
                expected = b'x' + body if callable(result) else b''.join(result)
                self.assertTrue(reply.body == expected)
                if not callable(result):
                    self.assertIn(b'Content-Length: %d' % len(expected), reply.head)

    def test_waits_for_a_slow_reader(self) -> None:
        made: List[int] = []

        def blocks() -> Iterator[bytes]:
            for number in range(100):
                made.append(number)
                yield b'x' * 100000

        with Hosted(returning(blocks)) as hosted:
            hosted.socket.sendall(request())
            hosted.client.next_record()
            self.assertLess(len(made), 50)
            self.assertGreater(len(hosted.client.reply().stdout), 9_900_000)

    def test_drops_the_body_where_none_may_be(self) -> None:
        reply = answer(returning([b'hello']), REQUEST_METHOD='HEAD')
        self.assertEqual((reply.head, reply.body, reply.status), (b'Status: 200 OK\r\nContent-Length: 5', b'', 0))
        reply = answer(returning([b'hello'], ('Content-Length', '9')), REQUEST_METHOD='HEAD')
        self.assertEqual((reply.head, reply.body, reply.status), (b'Status: 200 OK\r\nContent-Length: 9', b'', 0))
        self.assertEqual(answer(returning([]), REQUEST_METHOD='HEAD').head, b'Status: 200 OK')
        for status in ('204 No Content', '304 Not Modified'):
            reply = answer(returning([b'hello'], status=status))
            self.assertEqual((reply.head, reply.body, reply.status), (b'Status: ' + status.encode(), b'', 0))
        for status, method in (('204 No Content', 'GET'), ('200 OK', 'HEAD')):
            result = Closing([b'one', b'two'])
            reply = answer(returning(result, status=status), REQUEST_METHOD=method)
            self.assertEqual((reply.body, result.closed, result.taken), (b'', 2, 2))

    def test_decides_about_the_body_by_the_method_that_was_asked(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            environ['REQUEST_METHOD'] = 'GET'
            start_response('200 OK', [])
            return [b'hello']

        self.assertEqual(answer(application, REQUEST_METHOD='HEAD').body, b'')


class LengthTest(unittest.TestCase):
    def test_cuts_what_is_longer_than_declared(self) -> None:
        for result in ([b'hello world'], [b'hell', b'o world'], lambda: iter([b'hell', b'o world', b'!'])):
            reply = answer(returning(result, ('Content-Length', '5')))
            self.assertEqual((reply.body, reply.status), (b'hello', 0))
            self.assertIn(b'Content-Length', reply.stderr)

    def test_calls_what_is_shorter_than_declared_cut_short(self) -> None:
        for result in ([b'hello'], [], lambda: iter([b'hel', b'lo']), lambda: iter([])):
            reply = answer(returning(result, ('Content-Length', '9')))
            self.assertEqual(reply.status, 1)
            self.assertIn(b'less than its Content-Length', reply.stderr)

    def test_takes_the_length_of_a_file_that_a_server_sends_for_it(self) -> None:
        for field in (('X-Sendfile', '/srv/a'), ('x-accel-redirect', '/a')):
            for result in ([], [b''], iter([b'none'])):
                reply = answer(returning(lambda: result, ('Content-Length', '9'), field))
                self.assertEqual((reply.status, reply.stderr), (0, b''))

    def test_stops_iterating_and_closes_after_the_cut(self) -> None:
        result = Closing([b'hello', b'more', b'and more'])
        with Hosted(returning(result, ('Content-Length', '5'))) as hosted:
            self.assertEqual(hosted.client.ask(request()).body, b'hello')
        self.assertEqual((result.taken, result.closed), (2, 1))
