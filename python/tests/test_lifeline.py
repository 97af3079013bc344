"""What ties a worker to others: the lifeline, what it tells and is told, and the children its application forks."""

from __future__ import annotations

import os
import signal
import unittest

from .client import Client, head_of, request
from .started import DEADLINE, StartedWorker


class LifelineTest(unittest.TestCase):
    def test_ends_with_its_supervisor(self) -> None:
        with StartedWorker('waits_for_input:application') as worker:
            worker.event()
            client = Client(worker.connect())
            client.socket.sendall(head_of(CONTENT_LENGTH='4'))
            client.next_record()
            worker.control.close()
            self.assertEqual(worker.process.wait(DEADLINE), 1)
            client.close()

    def test_ends_with_its_supervisor_even_while_it_imports(self) -> None:
        with StartedWorker('never_imported:application') as worker:
            assert worker.process.stdout is not None
            self.assertEqual(worker.process.stdout.readline(), b'importing\n')
            worker.control.close()
            self.assertEqual(worker.process.wait(DEADLINE), 1)

    def test_stops_and_tells_its_stacks_while_it_imports(self) -> None:
        with StartedWorker('never_imported:application') as worker:
            assert worker.process.stdout is not None
            worker.process.stdout.readline()
            worker.tell({'command': 'stacks'})
            self.assertIn('never_imported.py', ''.join(thread['stack'] for thread in worker.event()['threads']))
            self.assertEqual(worker.stop(), 0)


class StacksTest(unittest.TestCase):
    def test_tells_what_every_thread_does(self) -> None:
        with StartedWorker('waits_for_input:application', threads=2) as worker:
            worker.event()
            client = Client(worker.connect())
            client.socket.sendall(head_of(CONTENT_LENGTH='4', REQUEST_ID='stuck-1'))
            client.next_record()
            worker.tell({'command': 'no such command'})
            worker.tell({'command': 'stacks'})
            event = worker.event()
            self.assertEqual(event['event'], 'stacks')
            busy, idle = event['threads'][0], event['threads'][1:]
            self.assertEqual(busy['request'], 'stuck-1')
            self.assertIn('waits_for_input.py', busy['stack'])
            self.assertEqual({thread['request'] for thread in idle}, {None})
            client.close()
            self.assertEqual(worker.stop(), 0)


class KilledTest(unittest.TestCase):
    def test_ends_a_request_when_it_is_told_to_and_serves_the_next(self) -> None:
        with StartedWorker('loops:application') as worker:
            worker.event()
            client = Client(worker.connect())
            client.socket.sendall(request(PATH_INFO='/loop', REQUEST_ID='r-1'))
            client.next_record()
            worker.tell({'command': 'interrupt', 'request': 'r-2'})
            worker.tell({'command': 'interrupt'})
            worker.tell({'command': 'interrupt', 'request': 'r-1'})
            reply = client.reply()
            self.assertIn(b'raised RequestKilled in request r-1', reply.stderr)
            self.assertNotEqual(reply.status, 0)
            client.close()
            again = Client(worker.connect())
            self.assertEqual(again.ask(request(PATH_INFO='/')).body, b'begun')
            again.close()
            self.assertEqual(worker.stop(), 0)


class ChildrenTest(unittest.TestCase):
    def test_keeps_nothing_of_the_worker_in_a_forked_child(self) -> None:
        with StartedWorker('forks:application', threads=2) as worker:
            worker.event()
            client = Client(worker.connect())
            child = int(client.ask(request()).body)
            try:
                self.assertEqual(worker.stop(), 0)
                with self.assertRaises((EOFError, ConnectionError)):
                    client.next_record()
                with self.assertRaises(OSError):
                    worker.connect()
                self.assertEqual(worker.control.recv(100), b'')
            finally:
                os.kill(child, signal.SIGTERM)  # which ends it, since the worker's own handler does not live on
            client.close()
            assert worker.process.stdout is not None
            self.assertEqual(worker.process.stdout.read(), b'')  # returns when the child has ended too

    def test_answers_once_when_a_forked_child_returns_from_the_application(self) -> None:
        with StartedWorker('forks:application', threads=2) as worker:
            worker.event()
            client = Client(worker.connect())
            for _ in range(3):
                self.assertGreater(int(client.ask(request(PATH_INFO='/return')).body), 0)
            client.close()
            self.assertEqual(worker.stop(), 0)
