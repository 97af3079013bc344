"""sys.stdout and sys.stderr of a worker."""

from __future__ import annotations

import unittest
from typing import List

from .client import Client, request
from .started import StartedWorker


class ConsoleTest(unittest.TestCase):
    def lines(self, output: bytes) -> List[bytes]:
        self.assertTrue(output.endswith(b'\n'))
        return output.splitlines()

    def test_writes_whole_lines_with_the_request_that_wrote_them(self) -> None:
        with StartedWorker('prints:application') as worker:
            self.assertEqual(worker.event()['event'], 'ready')
            client = Client(worker.connect())
            reply = client.ask(request(REQUEST_ID='id-1'))
            self.assertEqual(reply.body, b"['utf-8', 1, 2, False, True]")
            client.close()
            self.assertEqual(worker.stop(), 0)
            expected = [
                'printed caf\xe9 \u4f60 \\ud800'.encode(), b'two', b'lines', b'begun and ended', b'\\x01forged\x02line',
                b'octets \xff', b'no end',
            ]
            lines = self.lines(worker.output('stdout'))
            self.assertEqual(lines[0], b'at import')
            self.assertEqual([line for line in lines if line.startswith(b'\x01')], [b'\x01id-1\x02' + line for line in expected])
            self.assertIn(b'in background', lines)
            lines = self.lines(worker.output('stderr'))
            self.assertEqual(lines[0], b'\x01id-1\x02WARNING logged')
            self.assertIn(b'UserWarning: warned', lines[1])
            self.assertEqual(lines[-1], b'\x01id-1\x02to stderr')
            self.assertTrue(all(line.startswith(b'\x01id-1\x02') for line in lines))

    def test_writes_nothing_of_its_own_to_stdout(self) -> None:
        with StartedWorker('hello:application') as worker:
            worker.event()
            client = Client(worker.connect())
            client.ask(request())
            client.close()
            self.assertEqual(worker.stop(), 0)
            self.assertEqual((worker.output('stdout'), worker.output('stderr')), (b'', b''))
