"""wsgi.input by itself: PEP 3333, "Input and Error Streams"."""

from __future__ import annotations

import unittest
from typing import Callable, List, Optional

from portico_worker.disconnect import InputCutShort
from portico_worker.wsgi.input import NO_INPUT, Input

BODY = b'first line\nsecond\n\nlast without end'


def source(blocks: List[bytes]) -> Callable[[], bytes]:
    iterator = iter(blocks)
    return lambda: next(iterator, b'')


def chopped(body: bytes, size: int, length: Optional[int] = None) -> Input:
    return Input(source([body[at : at + size] for at in range(0, len(body), size)]), length)


class InputTest(unittest.TestCase):
    def test_reads_everything_in_any_chunking(self) -> None:
        for size in range(1, len(BODY) + 1):
            for length in (None, len(BODY)):
                for wanted in (None, -1, len(BODY), 1000):
                    body = chopped(BODY, size, length)
                    self.assertEqual(body.read(wanted), BODY)
                    self.assertEqual((body.read(), body.read(5), body.readline()), (b'', b'', b''))

    def test_reads_pieces_of_the_size_that_is_asked_for(self) -> None:
        body = chopped(BODY, 3)
        self.assertEqual([body.read(0), body.read(5), body.read(1), body.read(7)], [b'', b'first', b' ', b'line\nse'])

    def test_reads_lines(self) -> None:
        for size in (1, 4, 1000):
            self.assertEqual(list(chopped(BODY, size)), BODY.splitlines(keepends=True))
            self.assertEqual(chopped(BODY, size).readlines(), BODY.splitlines(keepends=True))
            self.assertEqual(len(chopped(BODY, size).readlines(12)), 2)
            body = chopped(BODY, size)
            self.assertEqual([body.readline(0), body.readline(1), body.readline(4)], [b'', b'f', b'irst'])
            self.assertEqual([body.readline(100), body.readline(None), body.readline(-1)], [b' line\n', b'second\n', b'\n'])

    def test_stops_at_content_length(self) -> None:
        body = chopped(b'0123456789', 4, 6)
        self.assertEqual((body.read(), body.read()), (b'012345', b''))
        self.assertEqual(Input(self.fail, 0).read(), b'')

    def test_raises_when_the_body_is_short(self) -> None:
        body = chopped(b'0123', 4, 6)
        self.assertEqual(body.read(4), b'0123')
        for _ in range(2):
            with self.assertRaises(InputCutShort):
                body.read()

    def test_reads_a_long_line_without_an_end(self) -> None:
        line = b'x' * (10 << 20)
        self.assertEqual(len(chopped(line, 65528).readline()), len(line))

    def test_may_be_closed_and_refuses_to_be_read_after_its_request(self) -> None:
        body = chopped(BODY, 5)
        body.close()
        self.assertEqual(body.read(2), b'fi')
        body.detach()
        with self.assertRaises(ValueError):
            body.read()

    def test_is_empty_for_a_request_without_a_body(self) -> None:
        self.assertEqual((NO_INPUT.read(), NO_INPUT.read(4), NO_INPUT.readline(), NO_INPUT.readlines()), (b'', b'', b'', []))
        self.assertEqual(list(NO_INPUT), [])
