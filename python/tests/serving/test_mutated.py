"""FCS-19: octets that are not, or nearly, what they should be. Ten thousand inputs, always the same."""

from __future__ import annotations

import contextlib
import io
import os
import random
import socket
import tempfile
import time
import unittest
from typing import Any, List

from portico_worker.wsgi.environ import base_environ
from portico_worker.fastcgi.pairs import encode
from portico_worker.fastcgi.records import ABORT, GET_VALUES, PARAMS, STDIN, record
from portico_worker.serving.address import Address, listen
from portico_worker.serving.front_environ import FrontEnviron
from portico_worker.serving.server import Server

from ..cgi.launched import until
from ..client import Client, request
from ..started import DEADLINE
from .served import begin
from .test_scgi import head

_INPUTS = 10_000
#: Inputs that are sent before the answers to the first of them are read.
_AT_ONCE = 50


def application(environ: Any, start_response: Any) -> List[bytes]:
    try:
        body = environ['wsgi.input'].read()
    except OSError:
        body = b'cut short'
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [body, b'.']


def mutate(chance: random.Random, data: bytes) -> bytes:
    """One to four changes: octets set, removed, doubled, moved; the end cut off."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(out) + 1)
        size = chance.choice((1, 1, 2, 8, 64))
        kind = chance.randrange(5)
        if kind == 0:
            out[at : at + size] = bytes(chance.choice((0, 1, 127, 128, 255, chance.randrange(256))) for _ in range(size))
        elif kind == 1:
            del out[at : at + size]
        elif kind == 2:
            out[at:at] = out[at : at + size]
        elif kind == 3:
            piece = bytes(out[at : at + size])
            del out[at : at + size]
            to = chance.randrange(len(out) + 1)
            out[to:to] = piece
        else:
            del out[chance.randrange(len(out) + 1) :]
    return bytes(out)


_RECORDS = (
    request(b'abc'), request(keep=False), request(b'x' * 3000, request_id=65535) + request(request_id=2),
    begin() + record(PARAMS, 1, encode([('A', 'b' * 200)])) + record(ABORT, 1) + request(b'q'),
    record(GET_VALUES, 0, encode([('FCGI_MPXS_CONNS', '')])) + request(b'abc') + record(STDIN, 5, b'x'),
    begin(1) + begin(2) + record(PARAMS, 1) + record(PARAMS, 2) + record(STDIN, 2, b'2') + record(STDIN, 1, b'1'),
)
_NETSTRINGS = (head(3) + b'abc', head(), head(2000, PATH_INFO='/x', HTTP_COOKIE='c' * 500) + b'x' * 2000)


class MutatedTest(unittest.TestCase):
    def run_against(self, protocol: str, seeds: Any, count: int, good: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 's')
            entrance = listen(Address('', path=path), 0o600)
            base = base_environ(3, False, 'Portico')
            server = Server(protocol, entrance, application, FrontEnviron(base, None), 3, 1000)
            said = io.StringIO()
            quiet = contextlib.redirect_stderr(said)
            quiet.__enter__()
            self.addCleanup(quiet.__exit__, None, None, None)
            server.start()
            chance = random.Random(19)
            open_ones: List[socket.socket] = []
            for number in range(count):
                sock = socket.socket(socket.AF_UNIX)
                sock.settimeout(DEADLINE)
                sock.connect(path)
                open_ones.append(sock)
                try:
                    sock.sendall(mutate(chance, chance.choice(seeds)))
                    sock.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # it was closed before it was all said
                if len(open_ones) == _AT_ONCE or number == count - 1:
                    _read_all(open_ones)
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(DEADLINE)
            sock.connect(path)
            sock.sendall(good)
            self.assertIn(b'abc.', sock.recv(65536))
            sock.close()
            until(lambda: not server._connections and not server.requests() and not server._crew._running, 'the end of all')
            server.stop(time.monotonic() + DEADLINE)
            for hand in server._crew.hands:
                hand.thread.join(DEADLINE)
                self.assertFalse(hand.thread.is_alive())
            self.assertEqual(said.getvalue(), '')

    def test_fcs_19_survives_mutated_records(self) -> None:
        self.run_against('fastcgi', _RECORDS, _INPUTS * 7 // 10, request(b'abc'))

    def test_scg_05_survives_mutated_netstrings(self) -> None:
        self.run_against('scgi', _NETSTRINGS, _INPUTS * 3 // 10, head(3) + b'abc')


def _read_all(socks: List[socket.socket]) -> None:
    """Reads each to its end; fails when one has none."""
    for sock in socks:
        try:
            while sock.recv(65536):
                pass
        except ConnectionError:
            pass
        finally:
            sock.close()
    socks.clear()
