"""What the interpreter says when it crashes, or when nothing in it runs any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import unittest

from portico_worker.process.crash import STACK_SIGNAL

from .client import Client, request
from .started import DEADLINE, StartedWorker

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: Crashes in a forked child first, then itself; the argument is the path of what the worker says.
_CRASHES = '''
import ctypes, os, sys
from portico_worker.process import crash
said = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
crash.install(said)
def in_child():
    ctypes.string_at(0)
def in_worker():
    ctypes.string_at(0)
child = os.fork()
if child == 0:
    crash.close_in_child(said)
    in_child()
os.waitpid(child, 0)
os.write(2, b'%d' % os.get_inheritable(said))
in_worker()
'''


class CrashTest(unittest.TestCase):
    def test_a_forked_child_does_not_speak_for_the_worker(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            said = os.path.join(folder, 'said')
            ended = subprocess.run(
                [sys.executable, '-c', _CRASHES, said], cwd=_ROOT, stderr=subprocess.PIPE, timeout=DEADLINE
            )
            with open(said) as file:
                worker = file.read()
        child = ended.stderr.decode()
        self.assertEqual(ended.returncode, -signal.SIGSEGV)
        self.assertIn('in in_child', child)
        self.assertTrue(child.endswith('0'), child)
        self.assertIn('Fatal Python error: Segmentation fault', worker)
        self.assertIn('in in_worker', worker)
        self.assertNotIn('in in_child', worker)

    def test_answers_whether_it_runs(self) -> None:
        with StartedWorker('hello:application') as worker:
            self.assertEqual(worker.event()['stack_signal'], STACK_SIGNAL)
            for _ in range(2):
                worker.tell({'command': 'ping'})
                self.assertEqual(worker.event(), {'event': 'pong'})

    @unittest.skipUnless(STACK_SIGNAL, 'needs a signal that nobody uses')
    def test_shows_its_threads_at_a_signal_and_goes_on(self) -> None:
        with StartedWorker('hello:application') as worker:
            worker.event()
            os.kill(worker.process.pid, STACK_SIGNAL)
            client = Client(worker.connect())
            self.assertEqual(client.ask(request()).body, b'Hello, world\n')
            client.close()
            self.assertEqual(worker.stop(), 0)
            self.assertIn(b'in _serve_next', worker.output('stderr'))
