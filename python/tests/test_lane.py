"""The lane: whole calls through shared memory (embedded mode). The test is the side of the HTTP process."""

from __future__ import annotations

import mmap
import os
import select
import socket
import time
import unittest
from contextlib import redirect_stderr
from io import StringIO
from threading import Event
from typing import Any, Callable, Dict

from portico_worker.slots.connection import Connection
from portico_worker.wsgi.environ import base_environ
from portico_worker.worker.handed import HandedConnections
from portico_worker.slots.lane import Lane, LaneSettings
from portico_worker.slots.slot import Hosting

from .client import Client, request
from .started import DEADLINE

POSTED, ASLEEP, RUNG, ENTRIES = 0, 16, 48, 64
FREE, TAKEABLE, ANSWERED, RETURNED, ELSEWHERE = 0, 1, 2, 3, 4
CALL_BYTES, ANSWER_BYTES, COUNT = 4096, 8192, 4


def application(environ: Dict[str, Any], start_response: Callable[..., Any]) -> Any:
    start_response('200 OK', [('Content-Type', 'text/plain')])
    path = environ['PATH_INFO']
    if path == '/large':
        return [b'x' * ANSWER_BYTES]
    if path == '/errors':
        environ['wsgi.errors'].write('a line\n')
    if path == '/nothing':
        return (block for block in ())
    if path == '/pieces':
        return iter([b'in ', b'pieces'])
    return [path.encode()]


class LaneCase(unittest.TestCase):
    """A lane, its memory and its bell; place 7 is a connection."""

    def setUp(self) -> None:
        self.prepare(application)

    def prepare(self, hosted: Any) -> None:
        size = 4096 + COUNT * (CALL_BYTES + ANSWER_BYTES)
        descriptor = os.memfd_create('test')
        os.ftruncate(descriptor, size)
        self.memory = mmap.mmap(descriptor, size)
        self.words = memoryview(self.memory).cast('I')
        self.bell, theirs = socket.socketpair()
        self.bell.settimeout(DEADLINE)
        self.addCleanup(self.bell.close)
        settings = LaneSettings(descriptor, theirs.detach(), COUNT, CALL_BYTES, ANSWER_BYTES)
        self.hosting = Hosting(hosted, 2, base_environ(2, False, 'Portico/0'))
        self.places: Dict[int, Connection] = {}
        self.lane = Lane(self.hosting, HandedConnections(), settings, self.places)
        self.posted = 0
        self.client = self.connect(7)
        self.lane.thread.start()
        self.addCleanup(self.end)

    def end(self) -> None:
        self.hosting.stopping = True
        self.bell.close()
        self.lane.thread.join(DEADLINE)
        self.assertFalse(self.lane.thread.is_alive())

    def connect(self, place: int) -> Client:
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.places[place] = Connection(theirs, self.hosting.openings, 2)
        return Client(ours)

    def post(self, call: bytes, place: int = 7) -> int:
        """Posts a call and rings; its entry."""
        entry = self.posted % COUNT
        start = 4096 + entry * (CALL_BYTES + ANSWER_BYTES)
        self.memory[start : start + len(call)] = call
        at = ENTRIES + entry * 4
        self.words[at + 1], self.words[at + 2], self.words[at] = place, len(call), TAKEABLE
        self.posted += 1
        self.words[POSTED] = self.posted
        self.bell.send(b'!')
        return entry

    def outcome(self, entry: int) -> int:
        """Waits for the bell until the entry is settled; its status."""
        deadline = time.monotonic() + DEADLINE
        while self.words[ENTRIES + entry * 4] == TAKEABLE and time.monotonic() < deadline:
            self.bell.recv(64)
            self.words[RUNG] = 0
        return self.words[ENTRIES + entry * 4]

    def answer(self, entry: int) -> bytes:
        start = 4096 + entry * (CALL_BYTES + ANSWER_BYTES) + CALL_BYTES
        return self.memory[start : start + self.words[ENTRIES + entry * 4 + 3]]


class LaneTest(LaneCase):
    def test_answers_in_the_memory_what_fits(self) -> None:
        for round_ in range(3 * COUNT):
            entry = self.post(request(PATH_INFO=f'/{round_}'))
            self.assertEqual(self.outcome(entry), ANSWERED)
            self.assertIn(b'\r\n\r\n/%d' % round_, self.answer(entry))
            self.words[ENTRIES + entry * 4] = FREE

    def test_sends_over_the_connection_what_does_not_fit_or_comes_in_pieces(self) -> None:
        for path, body in (('/large', b'x' * ANSWER_BYTES), ('/pieces', b'in pieces')):
            entry = self.post(request(PATH_INFO=path))
            self.assertEqual(self.client.reply().body, body)
            self.assertEqual(self.outcome(entry), ELSEWHERE)

    def test_keeps_errors_and_answer_together(self) -> None:
        entry = self.post(request(PATH_INFO='/errors'))
        reply = self.client.reply()
        self.assertEqual((reply.stderr, reply.body), (b'a line\n', b'/errors'))
        self.assertEqual(self.outcome(entry), ELSEWHERE)

    def test_returns_what_it_does_not_understand_and_what_has_input(self) -> None:
        for call in (b'no call', request(b'input'), request()[:-8]):
            self.assertEqual(self.outcome(self.post(call)), RETURNED)

    def test_runs_nothing_for_a_connection_that_is_gone(self) -> None:
        self.places[8] = self.places[7].twin()
        self.places[8].broken = True
        for place in (8, 9):
            self.assertEqual(self.outcome(self.post(request(), place)), ELSEWHERE)

    def test_goes_on_when_a_connection_breaks_under_it(self) -> None:
        for path in ('/nothing', '/pieces', '/large', '/errors'):
            client = self.connect(8)
            client.close()
            self.assertIn(self.outcome(self.post(request(PATH_INFO=path), 8)), (ANSWERED, ELSEWHERE))
        self.assertEqual(self.outcome(self.post(request(PATH_INFO='/next'))), ANSWERED)

    def test_rings_off_when_its_thread_ends(self) -> None:
        self.hosting.stopping = True
        try:
            self.bell.send(b'!')
            while self.bell.recv(64):
                pass
        except ConnectionError:
            pass  # it ended before it slept, or before it read the stroke
        self.lane.thread.join(DEADLINE)
        self.assertFalse(self.lane.thread.is_alive())

    def test_ends_without_a_word_when_its_last_ring_is_not_read(self) -> None:
        with redirect_stderr(StringIO()) as said:
            entry = self.post(request())
            select.select([self.bell], [], [], DEADLINE)
            self.assertEqual(self.words[ENTRIES + entry * 4], ANSWERED)
            self.bell.close()
            self.lane.thread.join(DEADLINE)
        self.assertFalse(self.lane.thread.is_alive())
        self.assertEqual(said.getvalue(), '')

    def test_uses_the_number_that_a_call_came_with(self) -> None:
        other = self.connect(9)
        self.post(request(PATH_INFO='/pieces'), 9)
        self.post(request(PATH_INFO='/large'), 7)
        self.assertEqual(other.reply().body, b'in pieces')
        self.assertEqual(self.client.reply().body, b'x' * ANSWER_BYTES)


class SpreadTest(LaneCase):
    def prepare(self, hosted: Any) -> None:
        self.begun, self.gate = Event(), Event()

        def waits(environ: Dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if environ['PATH_INFO'] == '/waits':
                self.begun.set()
                self.gate.wait(DEADLINE)
            return application(environ, start_response)

        super().prepare(waits)

    def test_gives_back_what_stands_behind_a_long_call_and_finishes_that(self) -> None:
        first = self.post(request(PATH_INFO='/waits'))
        self.assertTrue(self.begun.wait(DEADLINE))
        behind = [self.post(request(PATH_INFO=path)) for path in ('/a', '/b')]
        self.lane.spread()
        self.assertEqual([self.outcome(entry) for entry in behind], [RETURNED, RETURNED])
        self.assertEqual(self.words[ENTRIES + first * 4], TAKEABLE)
        self.gate.set()
        self.assertEqual(self.outcome(first), ANSWERED)
        self.assertEqual(self.outcome(self.post(request(PATH_INFO='/next'))), ANSWERED)

    def test_answers_for_one_connection_never_for_another(self) -> None:
        self.post(request(PATH_INFO='/waits'))
        self.assertTrue(self.begun.wait(DEADLINE))
        idle = self.places[8] = self.places[7].twin()
        idle.lane = self.lane  # as one that was served by the lane and kept it by mistake
        self.assertFalse(self.lane.answer(idle, b'for another'))
        self.gate.set()


if __name__ == '__main__':
    unittest.main()
