"""The same server under the supervisor, on a listening socket that it hands over."""

from __future__ import annotations

import os
import socket
import tempfile
import unittest
from typing import Any

from portico_worker.worker.settings import settings_from

from ..client import Client, request
from ..started import APPS, DEADLINE, StartedWorker
from .served import Waiting

_TOLD = {'application': 'a', 'wsgi': 'a', 'directory': '/'}


class Supervised(StartedWorker):
    """With `listener`, which several may have."""

    def __init__(self, listener: socket.socket, protocol: str = 'fastcgi', **told: Any) -> None:
        self.handed = (listener.fileno(),)
        serve = {'protocol': protocol, 'descriptor': listener.fileno(), 'queue': 5, 'script_name': None}
        super().__init__('served', serve=serve, **told)


class SupervisedTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(os.path.join(self.folder, 'front'))
        self.listener.listen(20)
        if self.listener.fileno() <= 3:  # a worker has descriptor 3 for something else
            self.listener = socket.socket(fileno=os.dup(self.listener.fileno()))
            self.addCleanup(self.listener.close)

    def client(self) -> Client:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(self.listener.getsockname())
        client = Client(sock)
        self.addCleanup(client.close)
        return client

    def test_is_led_like_any_worker(self) -> None:
        fifo = os.path.join(self.folder, 'fifo')
        os.mkfifo(fifo)
        with Supervised(self.listener, threads=2) as worker:
            self.assertEqual(worker.event()['event'], 'ready')
            client = self.client()
            client.socket.sendall(request(PATH_INFO='/fifo', QUERY_STRING=fifo, REQUEST_ID='r-9'))
            waiting = Waiting(fifo)
            worker.tell({'command': 'ping'})
            self.assertEqual(worker.event(), {'event': 'pong'})
            worker.tell({'command': 'stacks'})
            first = worker.event()['threads'][0]
            self.assertEqual(first['request'], 'r-9')
            self.assertIn('_fifo', first['stack'])
            worker.tell({'command': 'stop', 'deadline': 10})
            waiting.release()
            self.assertEqual(client.reply().body, b'released')
            self.assertEqual(worker.process.wait(DEADLINE), 0)

    def test_ends_one_request(self) -> None:
        with Supervised(self.listener) as worker:
            self.assertEqual(worker.event()['event'], 'ready')
            client = self.client()
            client.socket.sendall(request(PATH_INFO='/watched', QUERY_STRING=os.path.join(self.folder, 'x'), REQUEST_ID='r-8'))
            client.next_record()
            worker.tell({'command': 'interrupt', 'request': 'r-8'})
            self.assertRaises(EOFError, client.reply)
            self.assertEqual(self.client().ask(request(b'x', PATH_INFO='/echo')).body, b'x')
            self.assertEqual(worker.stop(), 0)

    def test_two_processes_share_the_socket_and_one_can_stop(self) -> None:
        fifo = os.path.join(self.folder, 'fifo')
        os.mkfifo(fifo)
        with Supervised(self.listener) as one, Supervised(self.listener) as two:
            self.assertEqual([one.event()['event'], two.event()['event']], ['ready', 'ready'])
            busy = self.client()
            busy.socket.sendall(request(PATH_INFO='/fifo', QUERY_STRING=fifo))
            waiting = Waiting(fifo)
            for _ in range(10):  # the one whose thread is taken leaves them to the other
                self.assertEqual(self.client().ask(request(b'x', PATH_INFO='/echo')).body, b'x')
            waiting.release()
            self.assertEqual(busy.reply().body, b'released')
            self.assertEqual(one.stop(), 0)
            self.assertEqual(self.client().ask(request(b'x', PATH_INFO='/echo')).body, b'x')
            self.assertEqual(two.stop(), 0)

    def test_children_hold_nothing(self) -> None:
        with Supervised(self.listener) as worker:
            worker.event()
            self.assertEqual(self.client().ask(request(PATH_INFO='/fork')).body, b'0')
            self.assertEqual(worker.stop(), 0)

    def test_speaks_scgi(self) -> None:
        with Supervised(self.listener, 'scgi') as worker:
            worker.event()
            sock = self.client().socket
            sock.sendall(b'53:CONTENT_LENGTH\x001\0SCGI\x001\0PATH_INFO\0/echo\0A\0bcdefghij\0,x'.replace(b'53:', b'%d:' % 52))
            self.assertTrue(sock.recv(1000).endswith(b'x'))

    def test_says_what_is_no_listening_socket(self) -> None:
        with tempfile.TemporaryFile() as file:
            class Wrong(StartedWorker):
                handed = (file.fileno(),)

            serve = {'protocol': 'fastcgi', 'descriptor': file.fileno()}
            with Wrong('served', serve=serve) as worker:
                event = worker.event()
                self.assertEqual((event['event'], event['reason']), ('failed', 'socket'))

    def test_reads_what_it_is_told(self) -> None:
        serve = settings_from({**_TOLD, 'serve': {'protocol': 'scgi', 'descriptor': 7, 'queue': 3, 'script_name': '/'}}).serve
        self.assertEqual(serve, ('scgi', 7, 3, ''))
        self.assertIsNone(settings_from(_TOLD).serve)
        self.assertRaises(ValueError, settings_from, {**_TOLD, 'serve': {'protocol': 'http', 'descriptor': 7}})
