"""Connections that are handed in as descriptors (embedded mode)."""

from __future__ import annotations

import os
import socket
import unittest
from queue import SimpleQueue
from threading import Thread
from typing import Any, List

from portico_worker.worker.handed import HandedConnections

from .started import DEADLINE


def accept_into(handed: HandedConnections, outcome: 'SimpleQueue[Any]') -> None:
    try:
        outcome.put(handed.accept()[0])
    except OSError as error:
        outcome.put(error)


class HandedTest(unittest.TestCase):
    def setUp(self) -> None:
        self.handed = HandedConnections()
        self.outcome: 'SimpleQueue[Any]' = SimpleQueue()

    def start(self, count: int) -> List[Thread]:
        threads = [Thread(target=accept_into, args=(self.handed, self.outcome), daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def pair(self) -> Any:
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        ours.settimeout(DEADLINE)
        return ours, theirs.detach()

    def test_gives_each_descriptor_to_one_who_waits(self) -> None:
        self.start(2)
        ours = []
        for _ in range(2):
            end, descriptor = self.pair()
            self.handed.hand(descriptor)
            ours.append(end)
        for _ in range(2):
            self.outcome.get(timeout=DEADLINE).close()
        self.assertEqual([end.recv(1) for end in ours], [b'', b''])

    def test_keeps_what_comes_before_anybody_waits(self) -> None:
        ours, descriptor = self.pair()
        self.handed.hand(descriptor)
        sock, _ = self.handed.accept()
        sock.sendall(b'x')
        self.assertEqual(ours.recv(1), b'x')
        sock.close()

    def test_wakes_all_who_wait_when_it_stops(self) -> None:
        threads = self.start(3)
        self.assertEqual(self.handed.fileno(), 0)
        self.handed.stop()
        for thread in threads:
            thread.join(DEADLINE)
        self.assertEqual([thread.is_alive() for thread in threads], [False] * 3)
        self.assertIsInstance(self.outcome.get(timeout=DEADLINE), OSError)
        self.assertLess(self.handed.fileno(), 0)

    def test_closes_what_comes_after_that(self) -> None:
        self.handed.stop()
        ours, descriptor = self.pair()
        self.handed.hand(descriptor)
        self.assertEqual(ours.recv(1), b'')
        with self.assertRaises(OSError):
            os.fstat(descriptor)


if __name__ == '__main__':
    unittest.main()
