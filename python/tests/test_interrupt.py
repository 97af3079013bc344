"""Requests that are interrupted from outside, in time or too late."""

from __future__ import annotations

import io
import socket
import time
import unittest
from contextlib import redirect_stderr
from threading import Event
from typing import Any, List, Optional

from portico_worker.wsgi.environ import base_environ
from portico_worker.worker.handed import HandedConnections
from portico_worker.slots.interrupt import RequestTimeout, interrupt
from portico_worker.slots.slot import Hosting
from portico_worker.slots.crew import Slots

from .client import Client, request
from .started import DEADLINE


class InterruptTest(unittest.TestCase):
    """One slot, fed with connections as the HTTP process does it."""

    def setUp(self) -> None:
        self.begun = Event()
        self.over = False
        self.raised: List[BaseException] = []
        self.handed = HandedConnections()
        hosting = Hosting(self.application, 1, base_environ(1, False, 'Portico/0'))
        self.slots = Slots(hosting, self.handed)
        self.slots.start()
        self.addCleanup(self.finish)

    def application(self, environ: Any, start_response: Any) -> Any:
        if environ['PATH_INFO'] == '/loop':
            try:
                self.begun.set()
                while not self.over:
                    time.sleep(0.001)
            except BaseException as error:
                self.raised.append(error)
                raise
        start_response('200 OK', [])
        return [b'answered']

    def connect(self) -> Client:
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        self.addCleanup(ours.close)
        self.handed.hand(theirs.detach())
        return Client(ours)

    def finish(self) -> None:
        self.over = True
        self.handed.stop()

    def test_raises_in_the_thread_of_the_request_and_of_no_other(self) -> None:
        client = self.connect()
        client.socket.sendall(request(PATH_INFO='/loop', REQUEST_ID='r-1'))
        self.assertTrue(self.begun.wait(DEADLINE))
        interrupt(self.slots, 'r-2')
        self.assertEqual(self.raised, [])
        interrupt(self.slots, 'r-1')
        with redirect_stderr(io.StringIO()):
            self.assertIn(b'500', client.reply().head)
        self.assertIsInstance(self.raised[0], RequestTimeout)
        client.close()
        self.assert_answers()

    def test_takes_it_back_when_the_request_has_ended_meanwhile(self) -> None:
        self.assert_answers()
        only = self.slots._slots[0]

        class Ending(Slots):
            """The request is there at the first look and has ended at the second."""

            def __init__(self) -> None:
                self.looks = 0

            def thread_of(self, _request: str) -> Optional[int]:
                self.looks += 1
                return only.thread.ident if self.looks == 1 else None

        ending = Ending()
        interrupt(ending, 'r-1')
        self.assertEqual(ending.looks, 2)
        self.assert_answers()

    def test_comes_too_late_for_a_slot_that_waits_for_a_connection(self) -> None:
        self.assert_answers()
        slot = self.slots._slots[0]
        slot.request = 'r-1'
        interrupt(self.slots, 'r-1')
        slot.request = None
        # The thread feels it when something comes: that connection is lost before anything was asked on it.
        lost = self.connect().socket
        lost.shutdown(socket.SHUT_WR)
        self.assertEqual(lost.recv(4096), b'')
        self.assert_answers()

    def assert_answers(self) -> None:
        client = self.connect()
        self.assertEqual(client.ask(request(PATH_INFO='/')).body, b'answered')
        client.close()


if __name__ == '__main__':
    unittest.main()
