"""Conduct of the FastCGI server: sections 3 to 6 of the specification, over a socket pair."""

from __future__ import annotations

import unittest
from typing import Any, List

from portico_worker.fastcgi.pairs import decode, encode
from portico_worker.fastcgi.records import (
    ABORT, BEGIN, BEGIN_BODY, CANNOT_MULTIPLEX, END, GET_VALUES, GET_VALUES_RESULT, HEADER, PARAMS, REQUEST_COMPLETE,
    STDERR, STDIN, STDOUT, UNKNOWN_ROLE, UNKNOWN_TYPE, end_request, record, split,
)

from .client import CONSTANT, VARYING, head_of, request
from .hosted import Hosted


def echo(environ: Any, start_response: Any) -> List[bytes]:
    """Answers with the number of variables, the path and the body."""
    body = environ['wsgi.input'].read()
    start_response('200 OK', [('X-Path', environ['PATH_INFO']), ('X-Name', environ.get('HTTP_X_NAME', ''))])
    return [body]


def padded(kind: int, request_id: int, content: bytes, padding: int) -> bytes:
    return HEADER.pack(1, kind, request_id, len(content), padding) + content + b'P' * padding


class ManagementTest(unittest.TestCase):
    def test_answers_get_values_with_true_values(self) -> None:
        with Hosted(echo, threads=3) as hosted:
            names = ['FCGI_MAX_CONNS', 'FCGI_MPXS_CONNS', 'FCGI_MAX_REQS', 'NO_SUCH']
            hosted.socket.sendall(record(GET_VALUES, 0, encode((name, '') for name in names)))
            kind, request_id, content = hosted.client.next_record()
            self.assertEqual((kind, request_id), (GET_VALUES_RESULT, 0))
            self.assertEqual(decode(content), {'FCGI_MAX_CONNS': '3', 'FCGI_MPXS_CONNS': '0', 'FCGI_MAX_REQS': '3'})
            hosted.socket.sendall(record(GET_VALUES, 0))
            self.assertEqual(hosted.client.next_record(), (GET_VALUES_RESULT, 0, b''))
            self.assertEqual(hosted.client.ask(request()).status, 0)

    def test_answers_get_values_in_the_middle_of_a_request(self) -> None:
        with Hosted(echo) as hosted:
            hosted.socket.sendall(head_of(CONTENT_LENGTH='4') + record(STDIN, 1, b'ab') + record(GET_VALUES, 0))
            self.assertEqual(hosted.client.next_record(), (GET_VALUES_RESULT, 0, b''))
            self.assertEqual(hosted.client.ask(record(STDIN, 1, b'cd') + record(STDIN, 1)).body, b'abcd')

    def test_answers_unknown_types(self) -> None:
        with Hosted(echo) as hosted:
            hosted.socket.sendall(record(42, 0, b'\0' * 8))
            self.assertEqual(hosted.client.next_record(), (UNKNOWN_TYPE, 0, b'\x2a' + b'\0' * 7))
            self.assertEqual(hosted.client.ask(request()).status, 0)


class RequestTest(unittest.TestCase):
    def test_serves_a_request_split_at_every_octet(self) -> None:
        data = request(b'body')
        with Hosted(echo) as hosted:
            for at in range(1, len(data)):
                hosted.socket.sendall(data[:at])
                hosted.socket.sendall(data[at:])
                reply = hosted.client.reply()
                self.assertEqual((reply.body, reply.status), (b'body', 0), at)

    def test_serves_params_split_at_every_octet(self) -> None:
        content = encode(dict(CONSTANT, **dict(VARYING, HTTP_X_NAME='n' * 300)).items())
        begin = record(BEGIN, 1, BEGIN_BODY.pack(1, 1))
        pieces = b''.join(record(PARAMS, 1, content[at : at + 1]) for at in range(len(content)))
        with Hosted(echo) as hosted:
            reply = hosted.client.ask(begin + pieces + record(PARAMS, 1) + record(STDIN, 1))
            self.assertIn(b'X-Name: ' + b'n' * 300, reply.head)
            for at in range(len(content)):
                split_once = record(PARAMS, 1, content[:at]) if at else b''
                rest = split_once + record(PARAMS, 1, content[at:]) + record(PARAMS, 1) + record(STDIN, 1)
                self.assertIn(b'X-Name: ' + b'n' * 300, hosted.client.ask(begin + rest).head, at)

    def test_skips_padding_on_every_record(self) -> None:
        data = (
            padded(BEGIN, 1, BEGIN_BODY.pack(1, 1), 7) + padded(PARAMS, 1, encode(CONSTANT.items()), 255)
            + padded(PARAMS, 1, encode(VARYING.items()), 1) + padded(PARAMS, 1, b'', 8)
            + padded(STDIN, 1, b'body', 3) + padded(STDIN, 1, b'', 3)
        )
        with Hosted(echo) as hosted:
            self.assertEqual(hosted.client.ask(data).body, b'body')
            self.assertEqual(hosted.client.ask(data).body, b'body')

    def test_serves_requests_of_one_connection_in_turn_also_sent_early(self) -> None:
        with Hosted(echo) as hosted:
            early = [request(b'one'), request(b'two', request_id=2), request(), request(b'', request_id=65535)]
            hosted.socket.sendall(b''.join(early))
            self.assertEqual(hosted.client.reply().body, b'one')
            self.assertEqual(hosted.client.reply(2).body, b'two')
            self.assertEqual(hosted.client.reply().body, b'')
            self.assertEqual(hosted.client.reply(65535).status, 0)

    def test_ends_every_stream_and_then_the_request(self) -> None:
        def noisy(environ: Any, start_response: Any) -> List[bytes]:
            environ['wsgi.errors'].write('noise\n')
            return echo(environ, start_response)

        with Hosted(echo) as hosted:
            self.assertEqual(hosted.client.ask(request()).kinds, [STDOUT, STDOUT, END])
        with Hosted(noisy) as hosted:
            reply = hosted.client.ask(request())
            self.assertEqual(reply.kinds, [STDERR, STDOUT, STDOUT, STDERR, END])
            self.assertEqual((reply.stderr, reply.protocol), (b'noise\n', REQUEST_COMPLETE))

    def test_closes_after_the_end_without_keep_conn(self) -> None:
        with Hosted(echo) as hosted:
            self.assertEqual(hosted.client.ask(request(keep=False)).status, 0)
            with self.assertRaises(EOFError):
                hosted.client.next_record()

    def test_refuses_other_roles_and_keeps_the_connection(self) -> None:
        with Hosted(echo) as hosted:
            for role in (2, 3, 99):
                hosted.socket.sendall(head_of(role=role) + record(STDIN, 1))
                self.assertEqual(hosted.client.next_record()[2], end_request(1, 0, UNKNOWN_ROLE)[8:])
            self.assertEqual(hosted.client.ask(request(b'x')).body, b'x')

    def test_refuses_a_second_id_while_one_is_active(self) -> None:
        with Hosted(echo) as hosted:
            begin = [record(BEGIN, request_id, BEGIN_BODY.pack(1, 1)) for request_id in (1, 2)]
            content = split(PARAMS, 1, encode(dict(CONSTANT, **VARYING).items()))
            hosted.socket.sendall(begin[0] + begin[1] + record(PARAMS, 2, b'zz') + content + record(PARAMS, 1))
            self.assertEqual(hosted.client.next_record(), (END, 2, end_request(2, 0, CANNOT_MULTIPLEX)[8:]))
            hosted.socket.sendall(record(STDIN, 1, b'ab') + begin[1] + record(STDIN, 2, b'zz'))
            self.assertEqual(hosted.client.next_record(), (END, 2, end_request(2, 0, CANNOT_MULTIPLEX)[8:]))
            self.assertEqual(hosted.client.ask(record(STDIN, 1, b'cd') + record(STDIN, 1)).body, b'abcd')

    def test_ignores_records_of_inactive_ids(self) -> None:
        with Hosted(echo) as hosted:
            stray = record(STDIN, 9, b'zz') + record(PARAMS, 9, b'zz') + record(ABORT, 9) + record(77, 9)
            self.assertEqual(hosted.client.ask(stray + request(b'x') + stray).body, b'x')
            self.assertEqual(hosted.client.ask(request(b'y')).body, b'y')
