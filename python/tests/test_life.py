"""The life of a worker process: start, identity, stop, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
import unittest
from typing import Any, Dict

from portico_worker.fastcgi.pairs import decode, encode
from portico_worker.fastcgi.records import GET_VALUES, GET_VALUES_RESULT, STDIN, record

from .client import Client, head_of, request
from .started import APPS, DEADLINE, StartedWorker

_LINUX = sys.platform.startswith('linux')


def surroundings(worker: StartedWorker) -> Dict[str, Any]:
    client = Client(worker.connect())
    try:
        return json.loads(client.ask(request()).body)
    finally:
        client.close()


class StartTest(unittest.TestCase):
    def test_says_that_it_is_ready_and_serves(self) -> None:
        with StartedWorker('hello:application', threads=2) as worker:
            event = worker.event()
            self.assertEqual((event['event'], event['pid']), ('ready', worker.process.pid))
            self.assertEqual(event['python'], '.'.join(map(str, sys.version_info[:3])))
            self.assertLess(event['took'], DEADLINE)
            self.assertEqual(stat.S_IMODE(os.stat(worker.path).st_mode), 0o660)
            client = Client(worker.connect())
            client.socket.sendall(record(GET_VALUES, 0, encode([('FCGI_MAX_CONNS', '')])))
            kind, _, content = client.next_record()
            self.assertEqual((kind, decode(content)), (GET_VALUES_RESULT, {'FCGI_MAX_CONNS': '2'}))
            self.assertEqual(client.ask(request()).body, b'Hello, world\n')
            client.close()

    @unittest.skipUnless(_LINUX, 'reads /proc')
    def test_gives_the_application_its_surroundings(self) -> None:
        with StartedWorker('surroundings:application', environment={'PORTICO_TEST': 'set'}) as worker:
            worker.event()
            seen = surroundings(worker)
        self.assertEqual((seen['environment'], seen['cwd'], seen['path'][0]), ('set', APPS, APPS))
        self.assertEqual((seen['own'], seen['package'], seen['os_environ']), ([], True, []))
        self.assertFalse([entry for entry in seen['path'] if 'portico_worker' in entry])
        self.assertEqual(seen['children'], '[0, 1, 2]')

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_refuses_to_be_root_in_place_of_its_user(self) -> None:
        self.failed('user', 'Cannot run as user "nobody": this process was started as root', user='nobody')
        with StartedWorker('hello:application', user='root') as worker:
            self.assertEqual(worker.event()['event'], 'ready')

    def failed(self, reason: str, words: str, **told: Any) -> None:
        with StartedWorker('hello:application', **told) as worker:
            event = worker.event()
            self.assertEqual((event['event'], event['reason'], event['traceback']), ('failed', reason, ''))
            self.assertIn(words, event['message'])
            self.assertTrue(event['hint'])
            self.assertEqual(worker.process.wait(DEADLINE), 3)

    def test_says_why_it_cannot_start(self) -> None:
        self.failed('directory', '"/no/such/folder": No such file or directory', directory='/no/such/folder')
        self.failed('socket', 'Cannot listen on "/no/such/folder/w": No such file or directory', socket='/no/such/folder/w')
        self.failed('socket', 'longer than 107 octets', socket='/' + 'x' * 107)
        self.failed('user', 'Cannot run as group "no-such-group"', group='no-such-group')
        self.failed('user', 'Cannot run as user "no-such-user"', user='no-such-user')

    def test_replaces_a_socket_that_was_left_behind(self) -> None:
        left = socket.socket(socket.AF_UNIX)
        with StartedWorker('hello:application') as first:
            first.event()
            path = first.path + '2'
            left.bind(path)
            left.close()
            with StartedWorker('hello:application', socket=path) as worker:
                self.assertEqual(worker.event()['event'], 'ready')


class StopTest(unittest.TestCase):
    def test_stops_at_once_when_idle_and_runs_exit_handlers(self) -> None:
        with StartedWorker('waits_for_input:application', threads=3) as worker:
            worker.event()
            clients = [Client(worker.connect()), Client(worker.connect())]
            clients[0].ask(request(b''))
            self.assertEqual(worker.stop(DEADLINE), 0)
            self.assertEqual(worker.output(), b'goodbye\n')
            self.assertFalse(os.path.exists(worker.path))
            for client in clients:
                with self.assertRaises((EOFError, ConnectionError)):
                    client.next_record()
                client.close()

    def test_finishes_what_runs(self) -> None:
        for how in ('command', 'signal'):
            with StartedWorker('waits_for_input:application', threads=2) as worker:
                worker.event()
                client = Client(worker.connect())
                client.socket.sendall(head_of(CONTENT_LENGTH='4'))
                client.next_record()
                if how == 'signal':
                    worker.process.send_signal(signal.SIGTERM)
                else:
                    worker.tell({'command': 'stop', 'deadline': DEADLINE})
                reply = client.ask(record(STDIN, 1, b'body') + record(STDIN, 1))
                self.assertEqual((reply.stdout, reply.status), (b'body', 0))
                with self.assertRaises((EOFError, ConnectionError)):
                    client.next_record()
                self.assertEqual(worker.process.wait(DEADLINE), 0)
                self.assertEqual(worker.output(), b'goodbye\n')
                client.close()

    def test_waits_no_longer_than_the_deadline(self) -> None:
        with StartedWorker('waits_for_input:application') as worker:
            worker.event()
            client = Client(worker.connect())
            client.socket.sendall(head_of(CONTENT_LENGTH='4'))
            client.next_record()
            self.assertEqual(worker.stop(0.1), 0)
            client.close()

    def test_ignores_an_interrupt_from_the_terminal(self) -> None:
        with StartedWorker('hello:application') as worker:
            worker.event()
            worker.process.send_signal(signal.SIGINT)
            client = Client(worker.connect())
            self.assertEqual(client.ask(request()).status, 0)
            client.close()
            self.assertEqual(worker.stop(), 0)
