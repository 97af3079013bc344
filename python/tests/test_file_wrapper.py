"""wsgi.file_wrapper: PEP 3333, "Optional Platform-Specific File Handling"."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import unittest
from typing import Any, Iterator

from .client import Reply, request
from .hosted import Hosted

CONTENT = bytes(range(256)) * 1000


def sent(make: Any, *fields: Any, **variables: str) -> Reply:
    def application(environ: Any, start_response: Any) -> Any:
        start_response('200 OK', list(fields))
        return make(environ['wsgi.file_wrapper'])

    with Hosted(application) as hosted:
        return hosted.client.ask(request(**variables))


class FileWrapperTest(unittest.TestCase):
    def setUp(self) -> None:
        descriptor, self.path = tempfile.mkstemp()
        self.addCleanup(os.unlink, self.path)
        with os.fdopen(descriptor, 'wb') as file:
            file.write(CONTENT)

    def opened(self, skip: int = 0, **options: Any) -> Any:
        file = open(self.path, 'rb', **options)
        self.addCleanup(file.close)
        file.read(skip)
        return file

    def test_sends_a_file_from_its_position_and_closes_it(self) -> None:
        for skip in (0, 5, 100000, len(CONTENT)):
            for options in ({}, {'buffering': 0}):
                file = self.opened(skip, **options)
                reply = sent(lambda wrapper, file=file: wrapper(file, 8192))
                self.assertTrue(reply.body == CONTENT[skip:])
                self.assertEqual((reply.status, file.closed), (0, True))
                self.assertIn(b'Content-Length: %d' % (len(CONTENT) - skip), reply.head)

    def test_keeps_to_a_shorter_content_length(self) -> None:
        reply = sent(lambda wrapper: wrapper(self.opened(10)), ('Content-Length', '70000'))
        self.assertTrue(reply.body == CONTENT[10:70010])
        self.assertEqual((reply.status, reply.stderr), (0, b''))
        reply = sent(lambda wrapper: wrapper(self.opened()), ('Content-Length', '0'))
        self.assertEqual((reply.body, reply.status), (b'', 0))

    def test_calls_a_file_that_is_too_short_cut_short(self) -> None:
        reply = sent(lambda wrapper: wrapper(self.opened()), ('Content-Length', '999999'))
        self.assertEqual(reply.status, 1)

    def test_sends_no_body_for_head_but_its_length(self) -> None:
        file = self.opened()
        reply = sent(lambda wrapper: wrapper(file), REQUEST_METHOD='HEAD')
        self.assertEqual((reply.head, reply.body), (b'Status: 200 OK\r\nContent-Length: %d' % len(CONTENT), b''))
        self.assertTrue(file.closed)

    def test_reads_file_likes_by_read(self) -> None:
        with open(self.path, 'wb') as file:
            file.write(gzip.compress(CONTENT))
        reply = sent(lambda wrapper: wrapper(gzip.open(self.path)))
        self.assertTrue(reply.body == CONTENT)
        self.assertNotIn(b'Content-Length', reply.head)

        class Plain:
            def __init__(self) -> None:
                self.blocks = [b'one ', b'two']

            def read(self, size: int) -> bytes:
                return self.blocks.pop(0) if self.blocks else b''

        self.assertEqual(sent(lambda wrapper: wrapper(Plain())).body, b'one two')
        reply = sent(lambda wrapper: wrapper(io.BytesIO(CONTENT)))
        self.assertTrue(reply.body == CONTENT)
        self.assertIn(b'Content-Length: 256000', reply.head)

    def test_sends_a_pipe_as_it_comes(self) -> None:
        reading, writing = os.pipe()
        os.write(writing, b'through a pipe')
        os.close(writing)
        reply = sent(lambda wrapper: wrapper(os.fdopen(reading, 'rb')))
        self.assertEqual((reply.head, reply.body), (b'Status: 200 OK', b'through a pipe'))

    def test_answers_500_for_a_file_that_cannot_be_sent(self) -> None:
        with open(self.path, 'w') as file:
            file.write('text')
        self.assertIn(b'Status: 500', sent(lambda wrapper: wrapper(open(self.path))).head)
        closed = self.opened()
        closed.close()
        self.assertIn(b'Status: 500', sent(lambda wrapper: wrapper(closed)).head)

    def test_is_an_ordinary_iterable_for_the_application(self) -> None:
        def wrapped(wrapper: Any) -> Iterator[bytes]:
            for block in wrapper(self.opened(), 1000):
                yield block.upper()[:1]

        self.assertEqual(len(sent(wrapped).body), 256)
