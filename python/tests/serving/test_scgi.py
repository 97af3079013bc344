"""SCGI: SCG-05, and what an application sees and says over it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import unittest
from typing import Any, Dict, List, Optional

from portico_worker.serving.netstring import HeadDecoder, Malformed

from ..cgi.launched import until
from .served import Listening, Served, Waiting

_VARIABLES = {'REQUEST_METHOD': 'POST', 'REQUEST_URI': '/', 'SCRIPT_NAME': '', 'SERVER_PROTOCOL': 'HTTP/1.1'}


def head(length: Any = 0, **variables: str) -> bytes:
    pairs = {'CONTENT_LENGTH': str(length), 'SCGI': '1', **_VARIABLES, **variables}
    return netstring(b''.join(f'{name}\0{value}\0'.encode('latin-1') for name, value in pairs.items()))


def netstring(content: bytes) -> bytes:
    return b'%d:%s,' % (len(content), content)


class NetstringTest(unittest.TestCase):
    def feed(self, data: bytes) -> Optional[Dict[str, str]]:
        return HeadDecoder().feed(data)

    def test_reads_a_head_in_any_pieces(self) -> None:
        data = head(3, PATH_INFO='/\xe4') + b'abc'
        for cut in range(1, len(data)):
            decoder = HeadDecoder()
            found = decoder.feed(data[:cut])
            rest = decoder.rest
            if found is None:
                found = decoder.feed(data[cut:])
                rest = decoder.rest
            else:
                rest += data[cut:]
            assert found is not None
            self.assertEqual((found['PATH_INFO'], found['CONTENT_LENGTH'], rest), ('/\xe4', '3', b'abc'))

    def test_scg_05_refuses_what_is_no_request(self) -> None:
        good = b'CONTENT_LENGTH\0' + b'0\0SCGI\x001\0'
        self.assertEqual(self.feed(netstring(good)), {'CONTENT_LENGTH': '0', 'SCGI': '1'})
        for name, data in {
            'no digits': b'x:', 'no length': b':,', 'sign': b'+26:', 'space': b' 26:', 'leading zero': b'026:', 'zero': b'0:,',
            'over the limit': b'1048577:', 'far over the limit': b'99999999999', 'no colon': b'12345678',
            'no comma': netstring(good)[:-1] + b';', 'not CONTENT_LENGTH first': netstring(b'SCGI\x001\0CONTENT_LENGTH\x000\0'),
            'odd number of NULs': netstring(good + b'A\0'), 'no NUL at the end': netstring(good + b'A\0b'),
            'empty head': netstring(b'\0'), 'no SCGI': netstring(b'CONTENT_LENGTH\x000\0'), 'SCGI 2': netstring(good[:-2] + b'2\0'),
            'twice': netstring(good + b'A\0b\0A\0b\0'), 'empty name': netstring(good + b'\0b\0'),
            'length without digits': netstring(b'CONTENT_LENGTH\0-1\0SCGI\x001\0'), 'empty length': netstring(b'CONTENT_LENGTH\0\0SCGI\x001\0'),
        }.items():
            with self.subTest(name):
                self.assertRaises(Malformed, self.feed, data)
        for data in (b'', b'2', b'26', netstring(good)[:-1], netstring(good)[:3]):
            self.assertIsNone(self.feed(data))


class ScgiTest(unittest.TestCase):
    bind = 'unix'

    @classmethod
    def setUpClass(cls) -> None:
        cls.served = Served('--threads', '1', '--queue', '1', protocol='scgi', bind=cls.bind)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.served.__exit__()

    def send(self, data: bytes) -> socket.socket:
        sock = self.served.connect()
        self.addCleanup(sock.close)
        sock.sendall(data)
        return sock

    def answer(self, data: bytes) -> bytes:
        return _rest(self.send(data))

    def test_answers_and_closes(self) -> None:
        said, _, body = self.answer(head(4, PATH_INFO='/echo') + b'body').partition(b'\r\n\r\n')
        self.assertTrue(said.startswith(b'Status: 200 OK\r\n'))
        self.assertIn(b'Content-Length: 4', said)
        self.assertEqual(body, b'body')

    def test_gives_the_environ(self) -> None:
        environ = json.loads(self.answer(head(PATH_INFO='/a', HTTPS='on', HTTP_PROXY='x')).partition(b'\r\n\r\n')[2])
        self.assertEqual((environ['PATH_INFO'], environ['wsgi.url_scheme'], environ['CONTENT_LENGTH']), ('/a', 'https', '0'))
        self.assertNotIn('HTTP_PROXY', environ)

    def test_takes_and_gives_much(self) -> None:
        block = os.urandom(1 << 20)
        sock = self.send(head(len(block) * 20, PATH_INFO='/digest'))
        for _ in range(20):
            sock.sendall(block)
        self.assertIn(b'%d ' % (20 << 20), _rest(sock))
        self.assertGreater(len(self.answer(head(PATH_INFO='/big', QUERY_STRING='20'))), 20 << 20)

    def test_scg_05_closes_on_what_is_no_request(self) -> None:
        for data in (b'GET / HTTP/1.0\r\n\r\n', b'026:', netstring(b'SCGI\x001\0'), head()[:-1] + b';', b'\0' * 100):
            self.assertEqual(self.answer(data), b'')
        self.assertIn(b'200 OK', self.answer(head()))

    def test_understands_a_client_that_closes_its_half(self) -> None:
        sock = self.send(head(4, PATH_INFO='/echo') + b'body')
        sock.shutdown(socket.SHUT_WR)
        self.assertTrue(_rest(sock).endswith(b'body'))

    def test_does_not_take_half_for_the_whole(self) -> None:
        sock = self.send(head(9, PATH_INFO='/input-error') + b'part')
        sock.shutdown(socket.SHUT_WR)
        self.assertTrue(_rest(sock).endswith(b'InputCutShort'))

    def test_answers_over_unread_input(self) -> None:
        sock = self.send(head(300_000) + b'x' * 100_000)
        said = b''
        while b'\r\n\r\n' not in said:
            said += sock.recv(65536)
        sock.sendall(b'x' * 200_000)
        self.assertIn(b'200 OK', said + _rest(sock))

    def test_says_that_all_threads_are_busy(self) -> None:
        path = self.served.fifo('wait' + self.bind[:4])
        first = self.send(head(PATH_INFO='/fifo', QUERY_STRING=path))
        waiting = Waiting(path)
        # One of these waits for the thread; the other finds no room.
        others = [self.send(head(1, PATH_INFO='/echo') + b'%d' % number) for number in range(2)]
        refused = until(lambda: next((sock for sock in others if _has_come(sock)), None), 'the refusal')
        self.assertTrue(_rest(refused).startswith(b'Status: 503 Service Unavailable\r\n'))
        waiting.release()
        self.assertTrue(_rest(first).endswith(b'released'))
        others.remove(refused)
        self.assertIn(b'200 OK', _rest(others[0]))

    def test_tells_who_asked_the_id_of_the_log(self) -> None:
        said = self.answer(head(PATH_INFO='/raise'))
        name = said.split()[-1].decode()
        self.assertTrue(said.startswith(b'Status: 500 '))
        self.assertNotIn(b'portico', said.lower())
        self.served.wait_for(f'in request {name}: ')

    def test_notices_that_the_client_has_gone(self) -> None:
        path = self.served.file('gone' + self.bind[:4])
        sock = self.send(head(PATH_INFO='/watched', QUERY_STRING=path))
        self.assertTrue(sock.recv(100))
        sock.close()
        until(lambda: os.path.exists(path), 'close() of the result')


class TcpTest(ScgiTest):
    bind = '127.0.0.1:0'

    def test_resets_what_is_cut_short(self) -> None:
        for path in ('/late', '/short'):
            sock = self.send(head(PATH_INFO=path))
            self.assertRaises(ConnectionResetError, _rest, sock)


class EndTest(unittest.TestCase):
    def test_fcs_18_lets_requests_end(self) -> None:
        with Served(protocol='scgi') as served:
            path = served.fifo('input')
            listening = Listening(path)
            idle, sock = served.connect(), served.connect()
            sock.sendall(head(4, PATH_INFO='/input-error', QUERY_STRING=path))
            listening.expect('reading\n')
            served.process.send_signal(signal.SIGTERM)
            self.assertEqual(_rest(idle), b'')
            sock.sendall(b'body')
            self.assertTrue(_rest(sock).endswith(b'whole'))
            self.assertEqual(served.wait(), 0)
            listening.close()
            idle.close()
            sock.close()


def _has_come(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def _rest(sock: socket.socket) -> bytes:
    found: List[bytes] = []
    while True:
        data = sock.recv(1 << 16)
        if not data:
            return b''.join(found)
        found.append(data)
