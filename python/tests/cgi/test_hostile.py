"""Bytes that are not FastCGI, peers that leave at any moment, places that are all taken."""

from __future__ import annotations

import os
import random
import socket
import struct
import time
import unittest
from typing import List

from portico_worker.fastcgi.pairs import decode, encode
from portico_worker.fastcgi.records import (
    ABORT, BEGIN, BEGIN_BODY, CANNOT_MULTIPLEX, DATA, END, END_BODY, GET_VALUES, GET_VALUES_RESULT, PARAMS, STDIN,
    STDOUT, UNKNOWN_ROLE, UNKNOWN_TYPE, record, split,
)

from ..client import Client, head_of, request
from .both_ways import Ways
from .launched import Launched, until

_HELLO = '#!/bin/sh\necho hello\n'
_ENDLESS = '#!/bin/sh\necho begun\nexec sleep 60\n'
_GREETING = record(GET_VALUES, 0, encode([('FCGI_MPXS_CONNS', '')]))


def _begin(request_id: int = 1, role: int = 1, keep: int = 1) -> bytes:
    return record(BEGIN, request_id, BEGIN_BODY.pack(role, keep))


class WireTest(Ways):
    told = {'kill_time': 0.2}

    def test_answers_the_greeting(self) -> None:
        client = self.launched.client()
        client.socket.sendall(_GREETING)
        kind, _, content = client.next_record()
        self.assertEqual((kind, decode(content)), (GET_VALUES_RESULT, {'FCGI_MPXS_CONNS': '0'}))
        client.socket.sendall(record(77, 0, b'x'))
        self.assertEqual(client.next_record()[0], UNKNOWN_TYPE)
        client.close()

    def test_closes_on_what_is_not_fastcgi(self) -> None:
        script = self.launched.script(_HELLO)
        head = head_of(SCRIPT_FILENAME=script)
        for name, data in {
            'HTTP': b'GET / HTTP/1.1\r\n\r\n',
            'zeros': bytes(64),
            'version': b'\2' + _begin()[1:],
            'short begin': record(BEGIN, 1, b'\0\1'),
            'begin twice': _begin() + _begin(),
            'begin in a running one': head + _begin(),
            'input before params': _begin() + record(STDIN, 1, b'x'),
            'input after its end': head + record(STDIN, 1) + record(STDIN, 1, b'x'),
            'params after their end': head + record(PARAMS, 1, b'\0\0'),
            'params that do not add up': _begin() + record(PARAMS, 1, b'\5\5ab') + record(PARAMS, 1),
            'params of long lengths': _begin() + record(PARAMS, 1, b'\xff' * 8 + b'ab') + record(PARAMS, 1),
            'too many params': _begin() + split(PARAMS, 1, bytes(2) * 600000),
            'greeting that does not add up': record(GET_VALUES, 0, b'\5\5a'),
            'an answer': _begin() + record(STDOUT, 1, b'x'),
            'an end': _begin() + record(END, 1, bytes(8)),
        }.items():
            with self.subTest(name):
                client = self.launched.client()
                try:
                    client.socket.sendall(data)
                    while True:
                        if client.next_record()[0] == END:
                            raise AssertionError('it was answered')
                except (EOFError, ConnectionError):
                    pass
                client.close()
        self.assertEqual(self.launched.ask(script).stdout, b'hello\n')

    def test_ignores_what_is_of_no_request(self) -> None:
        script = self.launched.script(_HELLO)
        client = self.launched.client()
        noise = record(STDIN, 1, b'late') + record(PARAMS, 9, b'x') + record(ABORT, 3) + record(DATA, 1, b'x')
        for _ in range(2):
            self.assertEqual(client.ask(noise + request(SCRIPT_FILENAME=script)).stdout, b'hello\n')
        client.close()

    def test_refuses_other_roles_and_a_second_request(self) -> None:
        client = self.launched.client()
        client.socket.sendall(_begin(role=2))
        self.assertEqual(END_BODY.unpack(client.next_record()[2]), (0, UNKNOWN_ROLE))
        client.socket.sendall(_begin() + _begin(2))
        kind, request_id, content = client.next_record()
        self.assertEqual((kind, request_id, END_BODY.unpack(content)), (END, 2, (0, CANNOT_MULTIPLEX)))
        client.socket.sendall(record(ABORT, 1))
        self.assertEqual(client.next_record()[0], END)
        client.close()

    def test_closes_after_a_request_that_says_so(self) -> None:
        client = self.launched.client()
        client.socket.sendall(request(keep=False, SCRIPT_FILENAME=self.launched.script(_HELLO)))
        self.assertEqual(client.reply().stdout, b'hello\n')
        self.assertEqual(client.socket.recv(1), b'')
        client.close()

    def test_closes_on_a_peer_that_never_reads(self) -> None:
        client = self.launched.client()
        client.socket.settimeout(5)
        with self.assertRaises((ConnectionError, socket.timeout)):
            for _ in range(200):
                client.socket.sendall(record(77, 0) * 4096)
        client.close()
        self.assertEqual(self.launched.run(_HELLO).stdout, b'hello\n')

    def test_stays_in_step_after_input_that_nobody_read(self) -> None:
        script = self.launched.script(_HELLO)
        client = self.launched.client()
        for _ in range(3):
            self.assertEqual(client.ask(request(bytes(300000), SCRIPT_FILENAME=script)).stdout, b'hello\n')
        client.close()

    def test_survives_noise(self) -> None:
        chance = random.Random(7)
        script = self.launched.script(_HELLO)
        whole = request(b'some input', SCRIPT_FILENAME=script)
        for _ in range(300):
            noisy = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                noisy[chance.randrange(len(noisy))] = chance.randrange(256)
            client = self.launched.client()
            try:
                client.socket.sendall(noisy[: chance.randrange(len(noisy))])
            except ConnectionError:
                pass
            client.close()
        until(lambda: not self.launched.running(), 'the end of all scripts')
        self.assertEqual(self.launched.ask(script).stdout, b'hello\n')


class PlacesTest(unittest.TestCase):
    def test_greets_no_more_than_there_are_places(self) -> None:
        with Launched(slots=2) as launched:
            clients = [launched.client() for _ in range(4)]
            for client in clients:
                client.socket.sendall(_GREETING)
            for client in clients[:2]:
                self.assertEqual(client.next_record()[0], GET_VALUES_RESULT)
            for client in clients[2:]:
                client.socket.settimeout(0.05)
                with self.assertRaises(socket.timeout):
                    client.next_record()
                client.socket.settimeout(20)
            clients[3].close()
            clients[0].close()
            self.assertEqual(clients[2].next_record()[0], GET_VALUES_RESULT)
            for client in clients:
                client.close()
            self.assertEqual(launched.stop(), 0)

    def test_a_script_that_is_being_ended_keeps_its_place(self) -> None:
        for warm in (False, True):
            with Launched(slots=1, kill_time=0.5, warm=warm) as launched:
                script = launched.script(
                    '#!python\nimport signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
                    'print("begun", flush=True)\n'
                    'time.sleep(60)\n'
                )
                first = launched.client()
                first.socket.sendall(request(SCRIPT_FILENAME=script))
                self.assertEqual(first.next_record()[2], b'begun\n')
                second = launched.client()
                second.socket.sendall(_GREETING)
                began = time.monotonic()
                first.close()
                self.assertEqual(second.next_record()[0], GET_VALUES_RESULT)
                self.assertGreater(time.monotonic() - began, 0.4)
                second.close()

    def test_a_script_that_runs_on_keeps_its_place(self) -> None:
        with Launched(slots=1) as launched:
            script = launched.script('#!/bin/sh\nexec >&-\nexec sleep 0.6\n')
            first = launched.client()
            first.socket.sendall(request(SCRIPT_FILENAME=script))
            self.assertEqual(first.reply().status, 0)
            second = launched.client()
            second.socket.sendall(_GREETING)
            self.assertEqual(launched.running()[0]['request'], 'r-1')
            self.assertEqual(second.next_record()[0], GET_VALUES_RESULT)
            self.assertEqual(launched.running(), [])
            for client in (first, second):
                client.close()

    def test_takes_any_number_of_connections(self) -> None:
        with Launched(slots=1) as launched:
            clients: List[Client] = []
            try:
                for _ in range(300):
                    clients.append(launched.client())
                    clients[-1].socket.sendall(_GREETING)
                for client in clients:
                    self.assertEqual(client.next_record()[0], GET_VALUES_RESULT)
                    client.close()
            finally:
                for client in clients:
                    client.close()


class DisconnectsTest(unittest.TestCase):
    #: More in a run by hand.
    requests = int(os.environ.get('PORTICO_DISCONNECTS', '150'))

    def test_leaves_nothing_behind(self) -> None:
        for warm in (False, 'auto'):
            with Launched(slots=8, kill_time=0.5, warm=warm) as launched:
                chance = random.Random(3)
                pid = launched.process.pid
                scripts = [
                    launched.script(_HELLO, 'hello'), launched.script('#!/bin/sh\ncat\n', 'cat'),
                    launched.script(_ENDLESS, 'endless'),
                    launched.script('#!python\nimport sys\nprint(len(sys.stdin.read()))\n', 'python'),
                    launched.script('#!python\nprint("x" * 500000)\n', 'large'), '/bin/nothing',
                ]
                self.assertEqual(launched.ask(scripts[3]).stdout, b'0\n')  # its fork-server is there to stay
                before = _descriptors(pid)
                for _ in range(self.requests):
                    client = launched.client()
                    client.socket.settimeout(0.02)
                    body = None if chance.random() < 0.4 else bytes(chance.choice((1, 1000, 100000, 400000)))
                    data = request(body, keep=chance.random() < 0.8, SCRIPT_FILENAME=chance.choice(scripts))
                    try:
                        size = len(data) if chance.random() < 0.6 else chance.randrange(len(data))
                        client.socket.sendall(data[:size])
                        for _ in range(chance.randrange(3)):
                            client.next_record()
                    except (socket.timeout, EOFError, ConnectionError):
                        pass
                    if chance.random() < 0.3:
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    client.close()
                until(lambda: not launched.running(), 'the end of all scripts')
                until(lambda: _descriptors(pid) <= before, 'all descriptors to be closed')
                until(lambda: not _zombies(pid), 'all children to be reaped')
                self.assertEqual(launched.ask(scripts[0]).stdout, b'hello\n')
                self.assertEqual(launched.stop(), 0)
                self.assertEqual(launched.output('stderr'), b'')


def _descriptors(pid: int) -> int:
    return len(os.listdir(f'/proc/{pid}/fd'))


def _zombies(parent: int) -> List[int]:
    from .test_ends import _zombies as found

    return found(parent)
