"""Input and output of any size: FCS-12, FCS-13, FCS-15; many at once: FCS-06, FCS-11."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import unittest
from typing import Dict, List

from portico_worker.fastcgi.records import ABORT, END, OVERLOADED, STDIN, STDOUT, record, split

from ..cgi.launched import until
from ..client import Client, head_of, request
from .served import Listening, Served, opened, release

_BLOCK = os.urandom(65535)
_BLOCKS = 1600  # more than 100 MB
_GROWTH_KIB = 24 * 1024


def _peak(served: Served) -> int:
    """The most memory that the process has had, in KiB."""
    with open(f'/proc/{served.process.pid}/status') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmHWM:'))


class LargeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.served = Served()
        self.addCleanup(self.served.__exit__)
        self.client = self.served.client()
        self.addCleanup(self.client.close)

    def send_body(self, request_id: int = 1) -> str:
        found = hashlib.sha256()
        for _ in range(_BLOCKS):
            self.client.socket.sendall(record(STDIN, request_id, _BLOCK))
            found.update(_BLOCK)
        self.client.socket.sendall(record(STDIN, request_id))
        return f'{_BLOCKS * len(_BLOCK)} {found.hexdigest()}'

    def test_fcs_15_takes_100_mb(self) -> None:
        self.client.ask(request())
        before = _peak(self.served)
        self.client.socket.sendall(head_of(PATH_INFO='/digest', CONTENT_LENGTH=str(_BLOCKS * len(_BLOCK))))
        expected = self.send_body()
        self.assertEqual(self.client.reply().body.decode(), expected)
        self.assertLess(_peak(self.served) - before, _GROWTH_KIB)

    def test_fcs_15_sends_100_mb(self) -> None:
        self.client.ask(request())
        before = _peak(self.served)
        self.client.socket.sendall(request(PATH_INFO='/big', QUERY_STRING='100'))
        size = 0
        while True:
            kind, _, content = self.client.next_record()
            self.assertLessEqual(len(content), 65535)
            if kind == END:
                break
            size += len(content)
        self.assertGreater(size, 100 << 20)
        self.assertLess(_peak(self.served) - before, _GROWTH_KIB)

    def test_does_not_read_what_nobody_takes(self) -> None:
        path = self.served.fifo('wait')
        size = _BLOCKS * len(_BLOCK)
        self.client.socket.sendall(head_of(PATH_INFO='/fifo-read', QUERY_STRING=path, CONTENT_LENGTH=str(size)))
        told: List[str] = []
        sender = threading.Thread(target=lambda: told.append(self.send_body()), daemon=True)
        sender.start()
        sender.join(0.3)
        self.assertTrue(sender.is_alive())
        release(path)
        self.assertEqual(self.client.reply().body.decode(), (sender.join(20), told[0])[1])

    def test_goes_on_reading_when_others_share_the_connection(self) -> None:
        path = self.served.fifo('wait')
        size = _BLOCKS * len(_BLOCK)
        self.client.socket.sendall(
            head_of(1, PATH_INFO='/fifo-read', QUERY_STRING=path, CONTENT_LENGTH=str(size)) + head_of(2, PATH_INFO='/echo')
        )
        before = _peak(self.served)
        expected = self.send_body()  # nobody reads it yet
        self.client.socket.sendall(record(STDIN, 2, b'second') + record(STDIN, 2))
        self.assertEqual(self.client.reply(2).body, b'second')
        release(path)
        self.assertEqual(self.client.reply(1).body.decode(), expected)
        self.assertLess(_peak(self.served) - before, _GROWTH_KIB)

    def test_counts_a_body_that_came_in_chunks(self) -> None:
        chunked = {'REQUEST_METHOD': 'POST', 'HTTP_TRANSFER_ENCODING': 'chunked'}
        for body in (b'', b'x' * 300_000):
            sent = split(STDIN, 1, body) + record(STDIN, 1)
            told = json.loads(self.client.ask(head_of(**chunked) + sent).body)
            self.assertEqual(told.get('CONTENT_LENGTH') or '0', str(len(body)))
            self.assertEqual(self.client.ask(head_of(PATH_INFO='/echo', **chunked) + sent).body, body)

    def test_gives_up_a_body_in_chunks_that_is_aborted(self) -> None:
        self.client.socket.sendall(head_of(HTTP_TRANSFER_ENCODING='chunked') + record(STDIN, 1, b'x'))
        self.client.socket.sendall(record(ABORT, 1))
        self.assertEqual(self.client.reply().kinds, [END])
        self.assertEqual(self.client.ask(request(b'next', PATH_INFO='/echo')).body, b'next')

    def test_fcs_12_discards_what_was_not_read(self) -> None:
        self.client.socket.sendall(head_of(CONTENT_LENGTH='500000'))
        self.assertEqual(self.client.reply().status, 0)
        self.client.socket.sendall(split(STDIN, 1, b'x' * 500_000) + record(STDIN, 1))
        self.assertEqual(self.client.ask(request(b'next', PATH_INFO='/echo')).body, b'next')

    def test_fcs_12_gets_the_answer_across_when_it_closes_over_unread_input(self) -> None:
        self.client.socket.sendall(head_of(keep=False, CONTENT_LENGTH='900000') + split(STDIN, 1, b'x' * 300_000))
        self.assertEqual(self.client.reply().status, 0)
        self.client.socket.sendall(split(STDIN, 1, b'x' * 600_000) + record(STDIN, 1))
        self.assertRaises(EOFError, self.client.next_record)

    def test_fcs_13_does_not_take_half_for_the_whole(self) -> None:
        self.client.socket.sendall(
            head_of(PATH_INFO='/input-error', CONTENT_LENGTH='10') + record(STDIN, 1, b'part') + record(STDIN, 1)
        )
        self.assertEqual(self.client.reply().body, b'InputCutShort')
        path = self.served.fifo('said')
        listening = Listening(path)
        self.addCleanup(listening.close)
        self.client.socket.sendall(
            head_of(PATH_INFO='/input-error', QUERY_STRING=path, CONTENT_LENGTH='10') + record(STDIN, 1, b'part')
        )
        listening.expect('reading\n')
        self.client.close()
        listening.expect('Disconnected')

    def test_takes_input_without_a_length(self) -> None:
        self.client.socket.sendall(head_of(PATH_INFO='/echo') + record(STDIN, 1, b'abc') + record(STDIN, 1))
        self.assertEqual(self.client.reply().body, b'abc')
        self.client.socket.sendall(head_of(PATH_INFO='/echo', CONTENT_LENGTH='') + record(STDIN, 1))
        self.assertEqual(self.client.reply().body, b'')

    def test_a_slow_reader_stops_nobody_else(self) -> None:
        other = self.served.client()
        self.addCleanup(other.close)
        self.client.socket.sendall(request(PATH_INFO='/big', QUERY_STRING='100'))
        self.assertEqual(self.client.next_record()[0], STDOUT)
        for _ in range(20):
            self.assertEqual(other.ask(request(b'x', PATH_INFO='/echo')).body, b'x')
        self.client.close()


class ManyTest(unittest.TestCase):
    def test_runs_twenty_multiplexed_requests_at_once_on_two_connections(self) -> None:
        with Served('--threads', '20') as served:
            clients = [served.client(), served.client()]
            for client in clients:  # each application waits until ten are there
                client.socket.sendall(b''.join(head_of(number, PATH_INFO='/meet', QUERY_STRING=str(number)) for number in range(1, 11)))
                client.socket.sendall(b''.join(record(STDIN, number) for number in range(10, 0, -1)))
            for client in clients:
                bodies = _bodies(client, 10)
                self.assertEqual(bodies, {number: b'%d' % number for number in range(1, 11)})
                client.close()

    def test_idle_connections_hold_no_thread(self) -> None:
        with Served('--threads', '1') as served:
            idle = [served.client() for _ in range(50)]
            for client in idle:
                self.assertEqual(client.ask(request()).status, 0)
            for client in reversed(idle):
                self.assertEqual(client.ask(request()).status, 0)
                client.close()

    def test_fcs_11_says_that_it_is_overloaded(self) -> None:
        with Served('--threads', '1', '--queue', '1') as served:
            path = served.fifo('wait')
            client = served.client()
            client.socket.sendall(request(request_id=1, PATH_INFO='/fifo', QUERY_STRING=path))
            client.socket.sendall(request(b'2', request_id=2, PATH_INFO='/echo') + request(request_id=3))
            refused = client.reply(3)
            self.assertEqual((refused.protocol, refused.kinds), (OVERLOADED, [END]))
            release(path)
            self.assertEqual((client.reply(1).body, client.reply(2).body), (b'released', b'2'))
            client.close()

    def test_says_so_in_words_to_a_server_that_may_not_look(self) -> None:
        with Served('--threads', '1', '--queue', '0') as served:
            path = served.fifo('wait')
            client = served.client()
            client.socket.sendall(request(PATH_INFO='/fifo', QUERY_STRING=path))
            writes = until(lambda: opened(path))
            other = served.client()
            refused = other.ask(request(SERVER_SOFTWARE='Apache/2.4'))
            self.assertEqual((refused.protocol, refused.kinds[-1]), (OVERLOADED, END))
            self.assertTrue(refused.head.startswith(b'Status: 503 '))
            os.close(writes)
            self.assertEqual(client.reply().body, b'')
            for one in (client, other):
                one.close()

    def test_a_waiting_request_can_be_aborted(self) -> None:
        with Served('--threads', '1') as served:
            path = served.fifo('wait')
            client = served.client()
            client.socket.sendall(request(request_id=1, PATH_INFO='/fifo', QUERY_STRING=path))
            client.socket.sendall(request(b'2', request_id=2, PATH_INFO='/echo') + record(2, 2))
            self.assertEqual(client.reply(2).kinds, [END])
            release(path)
            self.assertEqual(client.reply(1).body, b'released')
            client.close()


def _bodies(client: Client, count: int) -> Dict[int, bytes]:
    outputs: Dict[int, bytes] = {}
    while count:
        kind, number, content = client.next_record()
        if kind == STDOUT:
            outputs[number] = outputs.get(number, b'') + content
        count -= kind == END
    return {number: output.partition(b'\r\n\r\n')[2] for number, output in outputs.items()}
