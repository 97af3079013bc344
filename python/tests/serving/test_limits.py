"""What a connection may hold on to, and for how long."""

from __future__ import annotations

import os
import socket
import tempfile
import time
import unittest
from typing import Any, List

from portico_worker.wsgi.environ import base_environ
from portico_worker.fastcgi.pairs import encode
from portico_worker.fastcgi.records import GET_VALUES, STDIN, record
from portico_worker.serving.address import Address, listen
from portico_worker.serving.front_environ import FrontEnviron
from portico_worker.serving.limits import INCOMPLETE_SECONDS, LINGER_SECONDS
from portico_worker.serving.server import Server

from ..cgi.launched import until
from ..client import Client, head_of, request
from ..started import DEADLINE
from .served import begin


def application(environ: Any, start_response: Any) -> List[bytes]:
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'.']


class LimitsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 's')
        entrance = listen(Address('', path=self.path), 0o600)
        self.server = Server('fastcgi', entrance, application, FrontEnviron(base_environ(2, False, 'Portico'), None), 2, 5)
        self.server._most_connections = 3
        self.server.start()
        self.addCleanup(lambda: self.server.stop(time.monotonic() + DEADLINE))

    def client(self) -> Client:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(self.path)
        self.addCleanup(sock.close)
        return Client(sock)

    def sweep(self, seconds: float) -> None:
        for connection in list(self.server._connections.values()):
            connection.sweep(time.monotonic() + seconds, INCOMPLETE_SECONDS)

    def test_a_request_must_be_whole_in_time(self) -> None:
        idle, late, half = self.client(), self.client(), self.client()
        self.assertEqual(idle.ask(request()).status, 0)
        late.socket.sendall(begin())
        half.socket.sendall(begin()[:5])
        until(lambda: sum(bool(c.since) for c in list(self.server._connections.values())) == 2, 'that both are noticed')
        self.sweep(INCOMPLETE_SECONDS - 5)
        self.assertEqual(len(self.server._connections), 3)
        until(lambda: all(not c.ending for c in list(self.server._connections.values())), 'the end of the request')
        self.sweep(INCOMPLETE_SECONDS + 1)
        self.assertRaises((EOFError, ConnectionError), late.next_record)
        self.assertRaises((EOFError, ConnectionError), half.next_record)
        self.assertEqual(idle.ask(request()).status, 0)

    def test_a_connection_lingers_only_so_long(self) -> None:
        client = self.client()
        client.socket.sendall(head_of(keep=False, CONTENT_LENGTH='9'))
        self.assertEqual(client.reply().status, 0)
        until(lambda: any(c.since for c in list(self.server._connections.values())), 'that it lingers')
        self.sweep(LINGER_SECONDS + 1)
        self.assertEqual(self.server._connections, {})

    def test_the_longest_idle_connection_makes_room(self) -> None:
        clients = [self.client() for _ in range(3)]
        for client in reversed(clients):
            self.assertEqual(client.ask(request()).status, 0)
            # The answer is there a moment before the thread that gave it has noted so.
            until(lambda: all(c.owes_nothing for c in list(self.server._connections.values())), 'the end of the request')
        self.assertEqual(self.client().ask(request()).status, 0)
        self.assertRaises(EOFError, clients[2].next_record)
        self.assertEqual(clients[0].ask(request()).status, 0)

    def test_waits_at_the_limit_until_one_ends(self) -> None:
        busy = [self.client() for _ in range(3)]
        for client in busy:
            client.socket.sendall(begin())
        until(lambda: sum(bool(c.since) for c in list(self.server._connections.values())) == 3, 'that all are there')
        waiting = self.client()
        waiting.socket.sendall(request())
        busy[1].close()
        self.assertEqual(waiting.reply().status, 0)

    def test_who_reads_no_answers_stops_nobody_and_loses_its_connection(self) -> None:
        deaf = self.client()
        query = record(GET_VALUES, 0, encode([('FCGI_MAX_CONNS', ''), ('FCGI_MAX_REQS', ''), ('FCGI_MPXS_CONNS', '')]))
        try:
            for _ in range(2000):
                deaf.socket.sendall(query * 100)
        except ConnectionError:
            pass
        else:
            self.fail('the connection was kept')
        self.assertEqual(self.client().ask(request()).status, 0)

    def test_too_much_unread_input_costs_the_connection(self) -> None:
        client = self.client()
        client.socket.sendall(head_of(CONTENT_LENGTH='99999999'))
        self.assertEqual(client.reply().status, 0)
        try:
            for _ in range(2000):
                client.socket.sendall(record(STDIN, 1, bytes(65000)))
        except ConnectionError:
            pass
        else:
            self.fail('the connection was kept')
