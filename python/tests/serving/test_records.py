"""FastCGI 1.0 as a foreign front server sees it: FCS-01 to FCS-10, FCS-21, FCS-22."""

from __future__ import annotations

import json
import os
import unittest

from portico_worker.fastcgi.pairs import decode, encode
from portico_worker.fastcgi.records import (
    ABORT, CUT_SHORT, DATA, END, GET_VALUES, GET_VALUES_RESULT, PARAMS, STDERR, STDIN, STDOUT, UNKNOWN_ROLE, UNKNOWN_TYPE, VERSION,
    HEADER, record,
)
from portico_worker.serving.server import most_connections

from ..cgi.launched import until
from ..client import CONSTANT, VARYING, Client, head_of, request
from .served import Listening, Served, begin, opened, release

_PAIRS = encode({**CONSTANT, **VARYING}.items())


def _padded(kind: int, content: bytes, padding: int) -> bytes:
    return HEADER.pack(VERSION, kind, 1, len(content), padding) + content + b'p' * padding


class OnBoth(unittest.TestCase):
    """Over a unix socket; over TCP in a subclass."""

    bind = 'unix'

    @classmethod
    def setUpClass(cls) -> None:
        cls.served = Served('--threads', '2', bind=cls.bind)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.served.__exit__()

    def setUp(self) -> None:
        self.client = self.served.client()
        self.addCleanup(self.client.close)

    def send(self, data: bytes) -> Client:
        self.client.socket.sendall(data)
        return self.client

    def assert_closed(self) -> None:
        try:
            self.assertRaises(EOFError, self.client.next_record)
        except ConnectionResetError:
            pass


class RecordsTest(OnBoth):
    def values(self, *names: str) -> dict:
        kind, number, content = self.send(record(GET_VALUES, 0, encode((name, '') for name in names))).next_record()
        self.assertEqual((kind, number), (GET_VALUES_RESULT, 0))
        return decode(content)

    def test_fcs_01_tells_its_values(self) -> None:
        all_three = {'FCGI_MAX_CONNS': str(most_connections()), 'FCGI_MAX_REQS': '502', 'FCGI_MPXS_CONNS': '1'}
        self.assertEqual(self.values(*all_three, 'OTHER'), all_three)
        self.assertEqual(self.values('FCGI_MPXS_CONNS'), {'FCGI_MPXS_CONNS': '1'})
        self.assertEqual(self.values(), {})

    def test_fcs_01_tells_them_in_the_middle_of_a_request(self) -> None:
        path = self.served.fifo('values' + self.bind.replace(':', '-'))
        self.send(head_of(PATH_INFO='/fifo', QUERY_STRING=path) + record(STDIN, 1))
        self.assertEqual(self.values('FCGI_MPXS_CONNS'), {'FCGI_MPXS_CONNS': '1'})
        release(path)
        self.assertEqual(self.client.reply().body, b'released')

    def test_fcs_02_names_an_unknown_type(self) -> None:
        self.assertEqual(self.send(record(99, 0, b'x' * 9)).next_record(), (UNKNOWN_TYPE, 0, bytes((99, 0, 0, 0, 0, 0, 0, 0))))

    def test_fcs_03_skips_padding(self) -> None:
        data = _padded(1, b'\0\1\1' + bytes(5), 7) + _padded(PARAMS, _PAIRS, 255) + _padded(PARAMS, b'', 8)
        self.assertEqual(self.send(data + _padded(STDIN, b'', 3)).reply().status, 0)

    def test_fcs_04_joins_params_split_anywhere(self) -> None:
        pairs = encode({**CONSTANT, **VARYING, 'HTTP_X': 'v' * 300}.items())
        pieces = b''.join(record(PARAMS, 1, pairs[at : at + 1]) for at in range(len(pairs)))
        reply = self.send(begin() + pieces + record(PARAMS, 1) + record(STDIN, 1)).reply()
        self.assertEqual(json.loads(reply.body)['HTTP_X'], 'v' * 300)

    def test_takes_a_request_octet_by_octet(self) -> None:
        for octet in request(b'body', PATH_INFO='/echo'):
            self.client.socket.sendall(bytes((octet,)))
        self.assertEqual(self.client.reply().body, b'body')

    def test_fcs_05_ignores_records_of_inactive_ids(self) -> None:
        stray = record(STDIN, 9, b'x') + record(PARAMS, 9, b'x') + record(ABORT, 9) + record(DATA, 9, b'x')
        self.assertEqual(self.send(stray + request()).reply().status, 0)

    def test_fcs_06_serves_interleaved_requests(self) -> None:
        data = begin(1) + record(PARAMS, 1, _PAIRS) + begin(2) + record(PARAMS, 2, _PAIRS[:9])
        data += record(PARAMS, 1) + record(PARAMS, 2, _PAIRS[9:]) + record(PARAMS, 2) + record(STDIN, 2) + record(STDIN, 1)
        self.send(data)
        ended = set()
        while ended != {1, 2}:
            kind, number, _ = self.client.next_record()
            if kind == END:
                ended.add(number)

    def test_fcs_07_refuses_other_roles(self) -> None:
        for role in (2, 3, 99):
            self.assertEqual(self.send(begin(role=role)).reply().protocol, UNKNOWN_ROLE)
        self.assertEqual(self.client.ask(request()).status, 0)

    def test_fcs_07_closes_after_a_refusal_when_it_was_not_to_keep(self) -> None:
        self.assertEqual(self.send(begin(keep=False, role=3)).reply().protocol, UNKNOWN_ROLE)
        self.assert_closed()

    def test_fcs_08_keeps_or_closes(self) -> None:
        self.assertEqual(self.client.ask(request()).status, 0)
        self.assertEqual(self.client.ask(request(keep=False)).status, 0)
        self.assert_closed()

    def test_fcs_09_ends_the_streams_that_were_used(self) -> None:
        self.assertEqual(self.client.ask(request()).kinds, [STDOUT, STDOUT, END])
        reply = self.client.ask(request(PATH_INFO='/errors'))
        self.assertEqual(reply.kinds[-3:], [STDOUT, STDERR, END])
        self.assertEqual(self.client.ask(request()).kinds, [STDOUT, STDOUT, END])

    def test_fcs_10_ends_an_aborted_request_and_frees_its_id(self) -> None:
        path = self.served.file('closed' + self.bind.replace(':', '-'))
        self.send(head_of(PATH_INFO='/watched', QUERY_STRING=path) + record(STDIN, 1))
        self.assertEqual(self.client.next_record()[0], STDOUT)
        reply = self.send(record(ABORT, 1)).reply()
        self.assertEqual((reply.status, reply.protocol, reply.kinds[-2:]), (1, 0, [STDOUT, END]))
        self.assertEqual(self.client.ask(request(b'again', PATH_INFO='/echo')).body, b'again')
        until(lambda: os.path.exists(path), 'close() of the result')

    def test_fcs_10_wakes_who_reads_the_input(self) -> None:
        path = self.served.fifo('input' + self.bind.replace(':', '-'))
        listening = Listening(path)
        self.addCleanup(listening.close)
        self.send(head_of(PATH_INFO='/input-error', QUERY_STRING=path, CONTENT_LENGTH='9') + record(STDIN, 1, b'part'))
        listening.expect('reading\n')
        self.assertEqual(self.send(record(ABORT, 1)).reply().kinds, [END])
        listening.expect('Disconnected')

    def test_fcs_10_ends_a_request_that_is_not_whole(self) -> None:
        self.assertEqual(self.send(begin() + record(PARAMS, 1, _PAIRS) + record(ABORT, 1)).reply().kinds, [END])
        self.assertEqual(self.client.ask(request()).status, 0)

    def test_fcs_21_sends_errors_as_stderr(self) -> None:
        self.assertEqual(self.client.ask(request(PATH_INFO='/errors')).stderr, 'one\ntwo →'.encode())

    def test_fcs_22_closes_on_begin_of_an_active_id(self) -> None:
        self.send(begin() + begin())
        self.assert_closed()

    def test_closes_on_what_breaks_the_rules(self) -> None:
        for name, data in {
            'version': b'\2' + begin()[1:], 'zeros': bytes(64), 'http': b'GET / HTTP/1.1\r\n\r\n',
            'short begin': record(1, 1, b'\0\1'), 'input before params': begin() + record(STDIN, 1, b'x'),
            'input after its end': head_of(PATH_INFO='/big', QUERY_STRING='0') + record(STDIN, 1) + record(STDIN, 1, b'x'),
            'params that do not add up': begin() + record(PARAMS, 1, b'\5\5ab') + record(PARAMS, 1),
            'params without end': begin() + record(PARAMS, 1, bytes(65534)) * 17,
            'malformed query': record(GET_VALUES, 0, b'\5\5a'),
        }.items():
            with self.subTest(name):
                client = self.served.client()
                try:
                    client.socket.sendall(data)
                    while client.next_record():
                        pass
                except (EOFError, ConnectionError):
                    pass
                finally:
                    client.close()
        self.assertEqual(self.served.ask('/').status, 0)

    def test_tells_who_asked_the_id_of_the_log(self) -> None:
        for variables in ({'REQUEST_ID': 'r-77'}, {'REQUEST_ID': ''}):
            reply = self.client.ask(request(PATH_INFO='/raise', **variables))
            name = reply.body.split()[-1].decode()
            self.assertTrue(reply.head.startswith(b'Status: 500 '))
            self.assertNotIn(b'portico', reply.stdout.lower())
            self.assertIn(f'in request {name}: ', reply.stderr.decode())
            self.assertIn('RuntimeError: of the test', reply.stderr.decode())
        self.assertEqual(self.client.ask(request(PATH_INFO='/raise', REQUEST_METHOD='HEAD')).body, b'')

    def test_the_late_end_of_an_aborted_request_is_not_that_of_the_next(self) -> None:
        with Served('--threads', '1', bind=self.bind) as served:  # so that the next begins when the late one has ended
            late, following = served.fifo('late'), served.fifo('following')
            client = served.client()
            self.addCleanup(client.close)
            client.socket.sendall(request(PATH_INFO='/fifo', QUERY_STRING=late))
            writes = until(lambda: opened(late))
            client.socket.sendall(record(ABORT, 1))
            self.assertEqual(client.reply().kinds, [END])
            client.socket.sendall(request(PATH_INFO='/fifo', QUERY_STRING=following))
            client.socket.sendall(record(GET_VALUES, 0))  # its answer shows that the request before it has been taken
            self.assertEqual(client.next_record()[0], GET_VALUES_RESULT)
            os.close(writes)
            release(following)
            self.assertEqual(client.reply().body, b'released')

    def test_says_that_an_answer_was_cut_short(self) -> None:
        path = self.served.fifo('cut-short' + self.bind.replace(':', '-'))
        self.send(request(PATH_INFO='/fifo', QUERY_STRING=path))
        for cut_short in ('/late', '/short'):  # beside another request only the status can say so
            self.send(request(request_id=2, PATH_INFO=cut_short))
            self.assertEqual(self.client.reply(2).status, CUT_SHORT)
        release(path)
        self.assertEqual(self.client.reply().body, b'released')
        for cut_short in ('/late', '/short'):
            client = self.served.client()
            client.socket.sendall(request(PATH_INFO=cut_short))
            with self.assertRaises(EOFError):
                client.reply()
            client.close()

    def test_sends_files(self) -> None:
        path = self.served.file('sent')
        content = os.urandom(200_000)
        with open(path, 'wb') as file:
            file.write(content)
        self.assertEqual(self.client.ask(request(PATH_INFO='/file', QUERY_STRING=path)).body, content)


class TcpTest(RecordsTest):
    bind = '127.0.0.1:0'


del OnBoth
