"""How scripts end and are ended, executed and warm: exit, silence, time, disconnects, what is left behind."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import Any

from portico_worker.fastcgi.records import ABORT, STDOUT, record

from ..client import Client, request
from .both_ways import Ways
from .launched import Launched, alive, until

_ENDLESS = 'print("begun", flush=True)\nimport time\nwhile True: time.sleep(60)\n'
_STUBBORN = 'import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n' + _ENDLESS


def _cases(warm: bool) -> Any:
    class Ends(Ways):
        def _begin(self, text: str, **variables: str) -> 'tuple[Client, int]':
            """Starts a script that says its process id in the first line, and waits for that."""
            script = self.launched.script('#!python\nimport os\nprint(os.getpid(), flush=True)\n' + text)
            client = self.launched.client()
            client.socket.sendall(request(SCRIPT_FILENAME=script, **variables))
            self._said = b''
            return client, int(self._line(client))

        def _line(self, client: Client) -> bytes:
            """The next line on stdout."""
            while b'\n' not in self._said:
                kind, _, content = client.next_record()
                self.assertEqual(kind, STDOUT, content)
                self._said += content
            line, _, self._said = self._said.partition(b'\n')
            return line

        def _nothing_is_left(self) -> None:
            until(lambda: not self.launched.running(), 'the end of all scripts')
            self._no_zombies()

        def _no_zombies(self) -> None:
            until(lambda: not _zombies(self.launched.process.pid), 'the last child to be reaped')

        def test_keeps_an_answer_whose_script_fails_afterwards(self) -> None:
            reply = self.python('print("answer")\nimport sys\nsys.exit(5)\n')
            self.assertEqual((reply.stdout, reply.status), (b'answer\n', 0))
            self.assertIn(b'ended with exit code 5', reply.stderr)
            reply = self.python('import sys\nsys.exit(5)\n')
            self.assertEqual((reply.stdout, reply.status), (b'', 5))

        def test_ends_the_request_of_a_script_that_runs_on_without_output(self) -> None:
            client, pid = self._begin('os.close(1)\nos.read(0, 1)\nimport time\ntime.sleep(60)\n', REQUEST_ID='behind')
            reply = client.reply()
            self.assertEqual(reply.status, 0)
            self.assertTrue(alive(pid))
            self.assertEqual(client.socket.recv(1), b'')  # its place is the script's now
            self.launched.tell({'command': 'interrupt', 'request': 'behind'})
            until(lambda: not alive(pid), 'its end')
            self._nothing_is_left()
            client.close()

        def test_waits_a_moment_for_the_end_after_the_output(self) -> None:
            reply = self.python('import os, sys, time\nprint("x", flush=True)\nos.close(1)\ntime.sleep(0.02)\n'
                                'os._exit(3)\n')
            self.assertEqual((reply.stdout, reply.status), (b'x\n', 0))
            self.assertIn(b'exit code 3', reply.stderr)

        def test_ends_what_holds_the_output_of_a_script_that_has_ended(self) -> None:
            began = time.monotonic()
            client, pid = self._begin(
                'child = os.fork()\nif child == 0:\n    import time\n    time.sleep(60)\n'
                'os.write(1, b"%d\\n" % child)\nos._exit(0)\n'
            )
            reply = client.reply()
            self.assertEqual(reply.status, 0)
            self.assertIn(b'a process it left behind held its output', reply.stderr)
            self.assertLess(0.9, time.monotonic() - began)
            child = int(self._said + reply.stdout)
            until(lambda: not alive(child), 'the end of what it left behind')
            self._nothing_is_left()
            client.close()

        def test_leaves_alone_what_has_let_go_of_the_output(self) -> None:
            reply = self.python(
                'import os, time\nchild = os.fork()\nif child == 0:\n    n = os.open("/dev/null", os.O_RDWR)\n'
                '    for d in 0, 1, 2: os.dup2(n, d)\n    time.sleep(60)\n    os._exit(0)\nprint(child)\n'
            )
            self.assertEqual((reply.status, reply.stderr), (0, b''))
            child = int(reply.stdout)
            self.assertTrue(alive(child))
            os.kill(child, signal.SIGKILL)

        def test_ends_a_script_when_its_client_has_gone(self) -> None:
            for text in (_ENDLESS, _STUBBORN):
                client, pid = self._begin(text)
                self.assertEqual(self._line(client), b'begun')
                client.close()
                until(lambda: not alive(pid), 'its end')
                self._nothing_is_left()

        def test_ends_children_of_a_script_too(self) -> None:
            client, _ = self._begin(
                'import subprocess\nchild = subprocess.Popen(["sleep", "60"])\nprint(child.pid, flush=True)\n'
                'child.wait()\n'
            )
            child = int(self._line(client))
            client.close()
            until(lambda: not alive(child), 'the end of its child')
            self._nothing_is_left()

        def test_answers_an_abort(self) -> None:
            client, pid = self._begin(_ENDLESS)
            client.socket.sendall(record(ABORT, 1))
            reply = client.reply()
            self.assertEqual(reply.status, 128 + signal.SIGTERM)
            self.assertFalse(alive(pid))
            script = self.launched.script('#!python\nprint("next")\n')
            self.assertEqual(client.ask(request(SCRIPT_FILENAME=script)).stdout, b'next\n')
            client.close()

        def test_is_interrupted_by_the_id_of_its_request(self) -> None:
            client, pid = self._begin(_STUBBORN, REQUEST_ID='r-77')
            self.assertEqual(self._line(client), b'begun')
            self.launched.tell({'command': 'interrupt', 'request': 'r-78'})
            self.launched.tell({'command': 'interrupt', 'request': 'r-77'})
            reply = client.reply()
            self.assertEqual(reply.status, 128 + signal.SIGKILL)
            self.assertIn(b'somebody asked for it', reply.stderr)
            self.assertFalse(alive(pid))
            client.close()

        def test_tells_what_runs(self) -> None:
            client, pid = self._begin(_ENDLESS, REQUEST_ID='r-5')
            running = self.launched.running
            threads = until(lambda: [t for t in running() if f'pid {pid},' in t['stack']], 'its pid to be known')
            self.assertEqual([thread['request'] for thread in threads], ['r-5'])
            self.assertIn('script.cgi', threads[0]['stack'])
            client.close()
            self._nothing_is_left()

        def test_shuts_down_a_half_closed_connection(self) -> None:
            client, pid = self._begin(_ENDLESS)
            client.socket.shutdown(socket.SHUT_WR)
            until(lambda: not alive(pid), 'its end')
            client.close()
            self._nothing_is_left()

    Ends.warm = warm
    Ends.told = {'kill_time': 0.3}
    Ends.says = (b'behind its answer to request behind',)
    return Ends


class ExecutedEndsTest(_cases(False)):  # type: ignore[misc]
    """By exec."""


class WarmEndsTest(_cases(True)):  # type: ignore[misc]
    """By fork."""


def _limited(warm: bool) -> Any:
    class Limited(Ways):
        def test_ends_a_script_whose_time_is_over(self) -> None:
            for text in (_ENDLESS, _STUBBORN):
                reply = self.python(text)
                self.assertEqual((reply.status, reply.stdout), (124, b'begun\n'))
                self.assertIn(b'longer than "time" allows', reply.stderr)
            self.assertEqual(self.python('print("in time")\n').status, 0)

        def test_ends_a_script_that_runs_on_when_its_time_is_over(self) -> None:
            reply = self.python('import os, time\nprint(os.getpid(), flush=True)\nos.close(1)\ntime.sleep(60)\n')
            self.assertEqual(reply.status, 0)
            pid = int(reply.stdout)
            self.assertTrue(alive(pid))
            until(lambda: not alive(pid), 'its end')
            until(lambda: not self.launched.running(), 'its place to be free')

    Limited.warm = warm
    Limited.says = (b'took longer than "time" allows, behind its answer',)
    Limited.told = {'time': 0.6, 'kill_time': 0.2}
    return Limited


class ExecutedLimitedTest(_limited(False)):  # type: ignore[misc]
    """By exec."""


class WarmLimitedTest(_limited(True)):  # type: ignore[misc]
    """By fork."""


def _zombies(parent: int) -> 'list[int]':
    found = []
    with open(f'/proc/{parent}/task/{parent}/children') as file:
        for child in map(int, file.read().split()):
            try:
                if not alive(child):
                    found.append(child)
                else:
                    found += _zombies(child)
            except OSError:
                continue
    return found


class StopTest(Ways):
    @classmethod
    def setUpClass(cls) -> None:
        """A launcher for each test."""

    @classmethod
    def tearDownClass(cls) -> None:
        """None for all."""

    def test_finishes_what_runs_and_takes_no_more(self) -> None:
        for warm in (False, True):
            with Launched(warm=warm) as launched:
                script = launched.script(
                    '#!python\nprint("begun", flush=True)\nimport os, time\n'
                    'while not os.path.exists("go"): time.sleep(0.01)\nprint("done")\n'
                )
                idle, busy = launched.client(), launched.client()
                busy.socket.sendall(request(SCRIPT_FILENAME=script))
                busy.next_record()
                launched.tell({'command': 'stop', 'deadline': 15})
                self.assertEqual(idle.socket.recv(1), b'')
                with self.assertRaises(OSError):
                    launched.connect()
                launched.script('', 'go')
                reply = busy.reply()
                self.assertEqual((reply.stdout, reply.status), (b'done\n', 0))
                self.assertEqual(launched.process.wait(20), 0)
                self.assertEqual(launched.output('stderr'), b'')
                for client in (idle, busy):
                    client.close()

    def test_lets_a_script_clean_up(self) -> None:
        text = (
            '#!python\nimport os, signal, sys\ndef end(number, frame):\n    os.write(1, b"x" * 200000)\n'
            '    open("cleaned", "w").close()\n    sys.exit()\nsignal.signal(signal.SIGTERM, end)\n'
        )
        for warm in (False, True):
            with Launched(warm=warm, kill_time=15) as launched:
                client = launched.client()
                client.socket.sendall(request(SCRIPT_FILENAME=launched.script(text + _ENDLESS)))
                client.next_record()
                client.close()
                until(lambda: os.path.exists(os.path.join(launched.scripts, 'cleaned')), 'it to clean up')
                until(lambda: not launched.running(), 'its end')

    def test_ends_what_runs_at_the_deadline(self) -> None:
        for warm in (False, True):
            with Launched(warm=warm) as launched:
                pid, client = _endless(launched)
                self.assertEqual(launched.stop(0.2), 0)
                until(lambda: not alive(pid), 'the end of the script')
                client.close()

    def test_leaves_nothing_when_its_supervisor_goes(self) -> None:
        for warm in (False, True):
            with Launched(warm=warm) as launched:
                pid, client = _endless(launched)
                launched.control.close()
                self.assertEqual(launched.process.wait(20), 1)
                until(lambda: not alive(pid), 'the end of the script')
                client.close()

    def test_leaves_nothing_when_it_is_killed(self) -> None:
        for warm in (False, True):
            with Launched(warm=warm) as launched:
                pid, client = _endless(launched)
                launched.process.kill()
                until(lambda: not alive(pid), 'the end of the script')
                client.close()

    def test_stops_at_sigterm_and_not_at_sigint(self) -> None:
        with Launched() as launched:
            launched.process.send_signal(signal.SIGINT)
            launched.tell({'command': 'ping'})
            self.assertEqual(launched.event(), {'event': 'pong'})
            launched.process.send_signal(signal.SIGTERM)
            self.assertEqual(launched.process.wait(20), 0)


def _endless(launched: Launched) -> 'tuple[int, Client]':
    script = launched.script('#!python\nimport os\nprint(os.getpid(), flush=True)\n' + _STUBBORN)
    client = launched.client()
    client.socket.sendall(request(SCRIPT_FILENAME=script))
    return int(client.next_record()[2].split()[0]), client
