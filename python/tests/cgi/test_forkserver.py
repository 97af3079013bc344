"""Fork-servers: what they preload, when they cannot be had, when they die, when they go."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import unittest
from types import SimpleNamespace
from typing import Any, List
from unittest import mock

from portico_worker.cgi.script import Script, Stamp
from portico_worker.cgi.shebang import python_of
from portico_worker.cgi.warm import Warm
from portico_worker.fastcgi.records import STDIN

from ..client import record, request
from .launched import Launched, alive, until

_WHOSE = (
    '#!python\nimport os, sys\n'
    'print(os.getppid(), *[name for name in ("left_out", "kept", "threads") if name in sys.modules])\n'
)


_END_OF_INPUT = record(STDIN, 1)


def _learned(said: bytes) -> bytes:
    """What was said, when the module was there."""
    return said if said.endswith(b' True\n') else b''


def _servers(launched: Launched) -> List[int]:
    """The fork-servers of a launcher that run."""
    pid = launched.process.pid
    found = []
    with open(f'/proc/{pid}/task/{pid}/children') as file:
        for child in file.read().split():
            with open(f'/proc/{child}/cmdline', 'rb') as command:
                if b'fork_main' in command.read() and alive(int(child)):
                    found.append(int(child))
    return found


class PreloadTest(unittest.TestCase):
    def _ask(self, modules: 'dict[str, str]', asked: int = 2) -> 'tuple[list[bytes], bytes]':
        """What the script says of each request, and the launcher in all."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in modules.items():
                with open(os.path.join(folder, name + '.py'), 'w') as file:
                    file.write(text)
            environment = {'PYTHONPATH': folder, 'PATH': os.environ['PATH']}
            with Launched(preload=[*modules, 'json'], warm=True, environment=environment) as launched:
                said = [launched.run(_WHOSE) for _ in range(asked)]
                for reply in said:
                    self.assertEqual((reply.status, reply.stderr), (0, b''))
                self.assertEqual(len(_servers(launched)), 1)
                self.assertEqual(launched.stop(), 0)
                return [b' '.join(reply.stdout.split()[1:]) for reply in said], launched.output('stderr')

    def test_leaves_out_what_does_not_import(self) -> None:
        for text in ('1 / 0\n', 'x x\n', 'import sys\n'
                                         'sys.exit(3)\n', 'import os\nos._exit(0)\n', 'import os\nos.abort()\n'):
            with self.subTest(text):
                modules, said = self._ask({'left_out': text, 'kept': ''})
                self.assertEqual(modules, [b'kept', b'kept'])
                self.assertEqual(said.count(b'\n'), 1, said)
                self.assertIn(b'does not preload "left_out"', said)

    def test_leaves_out_what_starts_threads(self) -> None:
        text = 'import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n'
        modules, said = self._ask({'threads': text, 'kept': ''})
        self.assertEqual(modules, [b'kept', b'kept'])
        self.assertIn(b'does not preload "threads": it starts a thread', said)

    def test_passes_on_what_it_says(self) -> None:
        _, said = self._ask({'kept': 'print("words")\nimport sys\nsys.stderr.write("more")\n'})
        self.assertIn(b': words\n', said)
        self.assertIn(b'more', said)


class LearningTest(unittest.TestCase):
    def test_has_what_scripts_import_for_the_next(self) -> None:
        script = '#!python\nimport sys\nprint("csv" in sys.modules, "imaginary" in sys.modules)\nimport csv\n'
        with Launched(warm=True) as launched:
            self.assertEqual(launched.run(script).stdout, b'False False\n')
            until(lambda: launched.run(script).stdout == b'True False\n', 'the module is there before the script')

    def test_has_learned_what_a_script_imports_that_was_forked_before(self) -> None:
        slow = '#!python\nprint("begun", flush=True)\nimport csv, sys\nsys.stdin.read()\n'
        quick = '#!python\nimport os, sys\nprint(os.getppid(), "csv" in sys.modules)\nimport csv\n'
        with Launched(warm=True) as launched:
            before = launched.connect()
            path = launched.script(slow, 'slow.cgi')
            before.sendall(request(keep=False, SCRIPT_FILENAME=path)[: -len(_END_OF_INPUT)])
            self.assertIn(b'begun', before.recv(4096))
            learned = until(lambda: _learned(launched.run(quick).stdout), 'the module is there before the script')
            before.sendall(_END_OF_INPUT)
            while before.recv(4096):  # to its end
                pass
            before.close()
            self.assertEqual(launched.run(quick).stdout, learned)

    def test_leaves_to_a_script_the_modules_of_its_own_folder(self) -> None:
        script = '#!python\nimport sys\nbefore = "calendar" in sys.modules\nimport calendar\nprint(before, calendar.__file__)\n'
        with Launched(preload=['calendar'], warm=True) as launched:
            self.assertTrue(launched.run(script).stdout.startswith(b'True '))
            own = launched.script('', 'calendar.py')
            self.assertEqual(launched.run(script).stdout.decode().split(), ['False', own])
            os.remove(own)
            self.assertTrue(launched.run(script).stdout.startswith(b'True '))

    def test_does_not_learn_a_module_that_only_is_called_so(self) -> None:
        script = '#!python\nimport sys\nprint("csv" in sys.modules)\nimport csv\n'
        with Launched(warm=True) as launched:
            own = launched.script('', 'csv.py')
            for _ in range(3):
                self.assertEqual(launched.run(script).stdout, b'False\n')
            os.remove(own)
            self.assertEqual(launched.run(script).stdout, b'False\n')


class TroubleTest(unittest.TestCase):
    def _interpreter(self, launched: Launched, text: str) -> str:
        """A program by the name of a Python."""
        folder = os.path.join(launched.scripts, 'bin')
        os.makedirs(folder, exist_ok=True)
        return launched.script(text, 'bin/python3')

    def test_executes_when_there_can_be_no_fork_server(self) -> None:
        stub = '#!/bin/sh\ncase "$1" in *fork_main*) exit 9;; esac\necho executed "$@"\n'
        for warm, status in (('auto', 0), (True, 126)):
            with Launched(warm=warm) as launched:
                interpreter = self._interpreter(launched, stub)
                for _ in range(3):
                    reply = launched.run(f'#!{interpreter}\n')
                    self.assertEqual(reply.status, status)
                    if warm is True:
                        self.assertIn(b'cannot be forked from a warm interpreter: it ended while it '
                                      b'started', reply.stderr)
                    else:
                        self.assertEqual(reply.stdout.split()[0], b'executed')
                self.assertEqual(launched.stop(), 0)
                self.assertEqual(launched.output('stderr').count(b'\n'), 1)

    def test_tries_again_what_was_killed_but_not_what_is_of_no_use(self) -> None:
        for lasting, starts in ((False, [100.0, 200.0]), (True, [100.0])):
            found: List[float] = []

            class Link:
                gone = worn = False

                def __init__(self, _hosting: Any, warm: Warm, key: Any) -> None:
                    self._warm, self._key = warm, key

                def submit(self, _run: Any, _job: Any) -> None:
                    found.append(clock.return_value)
                    self._warm.unusable(self._key, 'why', [], lasting)

            first_lines = SimpleNamespace(python=lambda *_: python_of(b'#!/usr/bin/python3\n'))
            hosting: Any = SimpleNamespace(settings=SimpleNamespace(warm='auto', environment={}), first_lines=first_lines)
            path = os.fsencode(sys.executable)
            script = Script(path, path, Stamp(1, 2, 3, 4))
            with mock.patch('portico_worker.cgi.warm.ForkLink', Link), mock.patch('portico_worker.cgi.warm.say'), \
                    mock.patch('portico_worker.cgi.warm.monotonic') as clock:
                warm = Warm(hosting)
                for clock.return_value in (100.0, 101.0, 200.0):
                    warm.take(hosting, script, [], {}, b'/')
            self.assertEqual(found, starts)

    def test_executes_when_python_is_too_old(self) -> None:
        text = f'''#!{sys.executable}
import sys, runpy
if len(sys.argv) > 1 and "fork_main" in sys.argv[1]:
    sys.version_info = (3, 6, 1, "final", 0)
    runpy.run_path(sys.argv[1], run_name="__main__")
print("executed")
'''
        with Launched(warm='auto') as launched:
            interpreter = self._interpreter(launched, text)
            self.assertEqual(launched.run(f'#!{interpreter}\n').stdout, b'executed\n')
            self.assertEqual(launched.stop(), 0)
            self.assertIn(b'is Python 3.6; 3.8 or newer is needed', launched.output('stderr'))

    def test_says_when_the_interpreter_is_not_there(self) -> None:
        with Launched(warm='auto') as launched:
            reply = launched.run('#!/nowhere/python3\n')
            self.assertEqual(reply.status, 127)
            self.assertIn(b'names "/nowhere/python3", which does not exist', reply.stderr)

    def test_fails_what_runs_when_it_dies_and_starts_another(self) -> None:
        with Launched(warm=True) as launched:
            path = launched.script('#!python\nimport os, time\nprint(os.getpid(), flush=True)\n'
                                   'time.sleep(60)\n', 'long')
            client = launched.client()
            client.socket.sendall(request(SCRIPT_FILENAME=path))
            pid = int(client.next_record()[2])
            until(lambda: f'pid {pid},' in launched.running()[0]['stack'], 'it to be announced')
            [server] = _servers(launched)
            os.kill(server, signal.SIGKILL)
            reply = client.reply()
            self.assertEqual(reply.status, 128 + signal.SIGKILL)
            self.assertIn(b'ended with its fork-server', reply.stderr)
            until(lambda: not alive(pid), 'the end of the script')
            self.assertEqual(int(launched.run(_WHOSE).stdout.split()[0]), _servers(launched)[0])
            self.assertNotEqual(_servers(launched), [server])
            client.close()
            self.assertEqual(launched.stop(), 0)
            self.assertIn(b'has ended, and 1 scripts with it', launched.output('stderr'))

    def test_is_replaced_before_what_it_was_sent_fills_the_memory(self) -> None:
        with Launched(warm=True) as launched:
            path = launched.script('#!python\nimport os\nprint(os.getppid(), len(os.environ["HTTP_X"]))\n')
            client = launched.client()
            servers = set()
            for number in range(100):
                said = client.ask(request(SCRIPT_FILENAME=path, HTTP_X=f'{number:900000}')).stdout.split()
                self.assertEqual(said[1:], [b'900000'])
                servers.add(said[0])
            client.close()
            self.assertEqual(len(servers), 2)
            until(lambda: len(_servers(launched)) == 1, 'the end of the first')
            self.assertEqual(launched.stop(), 0)
            self.assertEqual(launched.output('stderr'), b'')

    def test_is_ended_when_it_is_stuck(self) -> None:
        with Launched(warm=True, slots=2, time=0.2, kill_time=0.2) as launched:
            launched.run(_WHOSE)
            [server] = _servers(launched)
            os.kill(server, signal.SIGSTOP)
            path = launched.script(_WHOSE)
            for client in (launched.client(), launched.client()):
                client.socket.sendall(request(SCRIPT_FILENAME=path))
                client.close()
            # The start of another counts as time of the first script, which may be longer than 0.2 s.
            until(lambda: launched.run(_WHOSE).status == 0, 'a script of another')
            self.assertNotIn(server, _servers(launched))
            self.assertEqual(launched.stop(), 0)
            self.assertIn(b'does not read what it is told, and is ended', launched.output('stderr'))

    def test_leaves_one_alone_whose_script_ends_late(self) -> None:
        script = '#!python\nimport signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1, flush=True)\n' \
                 'time.sleep(60)\n'
        with Launched(warm=True, time=0.2, kill_time=0.2) as launched:
            for _ in range(2):
                self.assertEqual(launched.run(script).status, 124)
            self.assertEqual(launched.stop(), 0)
            self.assertNotIn(b'does not read', launched.output('stderr'))

    def test_keeps_four_interpreters(self) -> None:
        with Launched(warm=True) as launched:
            flags = ('-B', '-E', '-s', '-q', '-I', '-u')
            for flag in flags:
                reply = launched.run(f'#!{sys.executable} {flag}\nprint(1)\n')
                self.assertEqual(reply.stdout, b'1\n')
            until(lambda: len(_servers(launched)) == 4, 'those that were used longest ago to go')
            self.assertEqual(launched.run(f'#!{sys.executable} {flags[0]}\nprint(2)\n').stdout, b'2\n')
            self.assertEqual(launched.stop(), 0)
            self.assertEqual(launched.output('stderr'), b'')

    def test_ends_with_the_launcher(self) -> None:
        with Launched(warm=True) as launched:
            launched.run(_WHOSE)
            [server] = _servers(launched)
            launched.process.kill()
            until(lambda: not alive(server), 'its end')

    def test_executes_what_would_start_differently(self) -> None:
        with Launched(warm=True) as launched:
            reply = launched.run(_WHOSE, PYTHONUTF8='1')
            self.assertEqual(int(reply.stdout.split()[0]), launched.process.pid)
            self.assertEqual(_servers(launched), [])

    def test_takes_a_large_environ_and_many_requests(self) -> None:
        with Launched(warm=True, slots=16) as launched:
            path = launched.script('#!python\nimport os\nprint(len(os.environ["HTTP_X"]))\n')
            clients = [launched.client() for _ in range(16)]
            for client in clients:
                client.socket.sendall(request(SCRIPT_FILENAME=path, HTTP_X='x' * 100000))
            for client in clients:
                self.assertEqual(client.reply().stdout, b'100000\n')
                client.close()
