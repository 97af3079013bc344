"""The life of the command: where it listens, how it ends, what it says: FCS-16 to FCS-18."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from typing import Any, List

from portico_worker.fastcgi.records import STDIN, STDOUT, record
from portico_worker.serving.address import address_of
from portico_worker.serving.command import here
from portico_worker.serving.entrance import Entrance
from portico_worker.serving.options import WrongUsage, options_of

from ..cgi.launched import until
from ..client import Client, head_of, request
from ..started import APPS, DEADLINE, PACKAGE
from .served import Served, Waiting


def run(*words: str, **more: Any) -> 'subprocess.CompletedProcess[str]':
    more.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run(
        [sys.executable, PACKAGE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
        timeout=DEADLINE, **more,
    )


class OptionsTest(unittest.TestCase):
    def test_knows_where_to_listen(self) -> None:
        for text, host, port in (('80', '127.0.0.1', 80), ('a.example:80', 'a.example', 80), ('[::1]:0', '::1', 0)):
            self.assertEqual(address_of(text)[2:], (host, port))
        self.assertEqual(address_of('unix:/a/b').path, '/a/b')
        for text in ('', 'a', ':80', '::1:80', 'unix:', 'a:b', '70000', '-1', 'unix:/' + 'x' * 107):
            self.assertRaises(ValueError, address_of, text)

    def test_reads_the_command_line(self) -> None:
        options = options_of(['--threads=2', 'a:b', '--queue', '0', '--socket-mode', '0600', '--script-name', '/', '--stop-time', '1.5'])
        self.assertEqual((options.application, options.threads, options.queue), ('a:b', 2, 0))
        self.assertEqual((options.socket_mode, options.script_name, options.stop_time), (0o600, '', 1.5))

    def test_refuses_the_rest(self) -> None:
        wrong: List[List[str]] = [
            [], ['a', 'b'], ['a', '--bind'], ['a', '--nothing'], ['a', '--threads', '0'], ['a', '--threads', 'x'],
            ['a', '--queue', '-1'], ['a', '--socket-mode', '999'], ['a', '--stop-time', 'nan'], ['a', '--script-name', 'x'],
        ]
        for words in wrong:
            with self.subTest(words):
                self.assertRaises(WrongUsage, options_of, words)
                self.assertEqual(run('fastcgi', *words).returncode, 2) if len(words) < 2 else None


class OpenTest(unittest.TestCase):
    def test_knows_whether_other_machines_reach_it(self) -> None:
        # Bound and not listening: nobody gets in.
        for family, host, is_open in (
            (socket.AF_INET, '127.0.0.1', False), (socket.AF_INET6, '::1', False), (socket.AF_INET, '0.0.0.0', True),
        ):
            with self.subTest(host), socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.bind((host, 0))
                self.assertEqual(Entrance(sock, True).open_to_others, is_open)
                with unittest.mock.patch.dict(os.environ, {'FCGI_WEB_SERVER_ADDRS': '10.0.0.1'}):
                    self.assertFalse(Entrance(sock, True).open_to_others)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            self.assertFalse(Entrance(sock, True).open_to_others)


class VerbTest(unittest.TestCase):
    def test_says_how_it_is_started(self) -> None:
        for words in ((), ('--nothing',), ('fastgci', 'a:b'), ('a:b',)):
            with self.subTest(words):
                done = run(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertTrue(done.stderr.startswith('usage: PYTHON portico_worker fastcgi|scgi|cgi APP'), done.stderr)
        done = run('--help')
        self.assertEqual((done.returncode, done.stderr, done.stdout[:6]), (0, '', 'usage:'))


class StartTest(unittest.TestCase):
    def test_says_what_is_wrong_with_the_command_line(self) -> None:
        done = run('fastcgi', 'a', '--threads', 'x')
        self.assertEqual((done.returncode, done.stdout, done.stderr.count('\n')), (2, '', 1))
        self.assertIn('--threads: "x" is not a number from 1', done.stderr)
        self.assertIn('--bind', run('scgi', '--help').stdout)

    def test_says_why_the_application_cannot_be_started(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'broken.py'), 'w') as file:
                file.write('raise RuntimeError("of the test")\n')
            done = run('fastcgi', 'broken', '--directory', folder, '--bind', f'unix:{folder}/s')
            self.assertEqual(done.returncode, 1)
            self.assertIn('Cannot load application "broken"', done.stderr)
            self.assertIn('RuntimeError: of the test', done.stderr)
            self.assertEqual(done.stderr.count('Traceback'), 1)
            self.assertFalse(os.path.exists(f'{folder}/s'))

    def test_names_what_the_command_line_has(self) -> None:
        self.assertEqual(here('"/usr/bin/python3" has it: set "python" to it'), '"/usr/bin/python3" has it: start it with /usr/bin/python3')
        done = run('fastcgi', 'nowhere_at_all', '--directory', APPS, '--bind', '127.0.0.1:0')
        self.assertIn('Set --directory to the folder', done.stderr)

    def test_runs_as_a_module(self) -> None:
        with Served(command=('-m', 'portico_worker'), environment={'PYTHONPATH': os.path.dirname(PACKAGE)}) as served:
            self.assertEqual(served.ask('/echo', b'x').body, b'x')

    def test_listens_where_it_is_told(self) -> None:
        for bind in ('127.0.0.1:0', '[::1]:0', '0'):
            with self.subTest(bind), Served(bind=bind) as served:
                self.assertEqual(served.ask('/echo', b'x').body, b'x')

    def test_gives_the_socket_its_mode_and_removes_it(self) -> None:
        with Served('--socket-mode', '0640') as served:
            self.assertEqual(os.stat(served.path).st_mode & 0o777, 0o640)
            self.assertEqual(served.end(), 0)
            self.assertFalse(os.path.exists(served.path))

    def test_replaces_a_socket_that_was_left_behind_and_nothing_else(self) -> None:
        with Served() as served:
            served.end(signal.SIGKILL)
            again = run('fastcgi', 'served', '--directory', '/nowhere', '--bind', f'unix:{served.path}')
            self.assertIn('/nowhere', again.stderr)  # it got as far as the application
            with open(served.path, 'w') as file:
                file.write('precious')
            again = run('fastcgi', 'served', '--directory', APPS, '--bind', f'unix:{served.path}')
            self.assertEqual(again.returncode, 1)
            self.assertIn('is not a socket', again.stderr)
            self.assertTrue(os.path.exists(served.path))

    def test_leaves_a_socket_alone_that_somebody_listens_on(self) -> None:
        with Served() as served:
            again = run('fastcgi', 'served', '--directory', APPS, '--bind', f'unix:{served.path}')
            self.assertEqual(again.returncode, 1)
            self.assertIn('another process listens there', again.stderr)
            self.assertEqual(served.ask('/echo', b'x').body, b'x')
        with Served(bind='127.0.0.1:0') as served:
            again = run('fastcgi', 'served', '--directory', APPS, '--bind', served.address)
            self.assertEqual(again.returncode, 1)
            self.assertIn('Another program listens there', again.stderr)

    def test_fcs_16_lets_only_the_web_servers_in(self) -> None:
        for told, welcome in (('127.0.0.1,10.0.0.1', True), ('::ffff:127.0.0.1', True), ('10.0.0.1, ::1', False), ('', False)):
            with self.subTest(told), Served(bind='127.0.0.1:0', environment={'FCGI_WEB_SERVER_ADDRS': told}) as served:
                client = served.client()
                try:
                    self.assertEqual(client.ask(request()).status == 0, welcome)
                except (EOFError, ConnectionError):
                    self.assertFalse(welcome)
                client.close()


class InheritedTest(unittest.TestCase):
    def listener(self, family: int) -> socket.socket:
        sock = socket.socket(family)
        self.addCleanup(sock.close)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        sock.bind(os.path.join(self.folder.name, 's') if family == socket.AF_UNIX else ('127.0.0.1', 0))
        sock.listen(10)
        return sock

    def test_fcs_17_serves_descriptor_0(self) -> None:
        for family in (socket.AF_UNIX, socket.AF_INET):
            listener = self.listener(family)
            with self.subTest(family), Served(bind=None, stdin=listener) as served:
                sock = socket.socket(family)
                sock.settimeout(DEADLINE)
                sock.connect(listener.getsockname())
                client = Client(sock)
                self.assertEqual(client.ask(request(b'x', PATH_INFO='/echo')).body, b'x')
                client.close()
                self.assertEqual(served.end(), 0)
                sock = socket.socket(family)
                sock.connect(listener.getsockname())  # the listener is not ours to end
                sock.close()

    def test_fcs_17_says_when_there_is_none(self) -> None:
        ours, theirs = socket.socketpair()
        idle = socket.socket()
        for stdin in (subprocess.DEVNULL, theirs, idle):
            done = run('fastcgi', 'served', stdin=stdin)
            self.assertEqual((done.returncode, done.stderr.count('\n')), (2, 1))
            for word in ('spawn-fcgi', 'mod_fcgid', '--bind'):
                self.assertIn(word, done.stderr)
        for sock in (ours, theirs, idle):
            sock.close()

    def test_survives_closed_standard_descriptors(self) -> None:
        listener = self.listener(socket.AF_UNIX)
        code = 'import os, sys; os.close(1); os.close(2); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])'
        process = subprocess.Popen([sys.executable, '-c', code, PACKAGE, 'fastcgi', 'prints', '--directory', APPS], stdin=listener)
        try:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(DEADLINE)
            sock.connect(listener.getsockname())
            client = Client(sock)
            self.assertEqual([client.ask(request()).status for _ in range(2)], [0, 0])
            client.close()
            process.terminate()
            self.assertEqual(process.wait(DEADLINE), 0)
        finally:
            process.kill()
            process.wait()


class EndTest(unittest.TestCase):
    def test_fcs_18_lets_requests_end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(number), Served('--threads', '1') as served:
                path = served.fifo('wait')
                idle, client = served.client(), served.client()
                self.assertEqual(idle.ask(request()).status, 0)
                client.socket.sendall(request(b'1', request_id=1, PATH_INFO='/fifo', QUERY_STRING=path))
                client.socket.sendall(head_of(2, PATH_INFO='/echo', CONTENT_LENGTH='4') + record(STDIN, 2, b'wa'))
                waiting = Waiting(path)
                served.process.send_signal(number)
                self.assertRaises(EOFError, idle.next_record)
                self.assertRaises(OSError, served.connect)
                client.socket.sendall(record(STDIN, 2, b'it') + record(STDIN, 2))
                waiting.release()
                self.assertEqual((client.reply(1).body, client.reply(2).body), (b'released', b'wait'))
                self.assertRaises(EOFError, client.next_record)
                self.assertEqual(served.wait(), 0)
                idle.close()
                client.close()

    def test_fcs_18_waits_no_longer_than_the_stop_time(self) -> None:
        with Served('--stop-time', '0.2') as served:
            client = served.client()
            client.socket.sendall(request(PATH_INFO='/watched', QUERY_STRING=served.file('x')))
            self.assertEqual(client.next_record()[0], STDOUT)
            began = time.monotonic()
            self.assertEqual(served.end(), 0)
            self.assertLess(time.monotonic() - began, 5)
            client.close()

    def test_a_second_signal_ends_at_once(self) -> None:
        with Served() as served:
            path = served.fifo('wait')
            client = served.client()
            client.socket.sendall(request(PATH_INFO='/fifo', QUERY_STRING=path))
            waiting = Waiting(path)
            served.process.terminate()
            until(lambda: not os.path.exists(served.path), 'the first signal')
            self.assertEqual(served.end(), 1)
            waiting.release('')
            client.close()

    def end_surely(self, served: Served) -> int:
        """Python may miss a signal that comes just before it blocks in the system, until the next one."""
        for _ in range(20):
            served.process.send_signal(signal.SIGTERM)
            try:
                served.process.wait(0.5)
                break
            except subprocess.TimeoutExpired:
                continue
        return served.wait()

    def test_a_signal_ends_the_import_at_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, 'fifo')
            os.mkfifo(fifo)
            with open(os.path.join(folder, 'slow.py'), 'w') as file:
                file.write(f'open({fifo!r}).read()\n')
            with Served('--directory', folder, app='slow', until_ready=False) as served:
                waiting = Waiting(fifo)
                self.assertEqual(self.end_surely(served), 0)
                self.assertFalse(os.path.exists(served.path))
                waiting.release('')

    def test_children_hold_nothing(self) -> None:
        with Served() as served:
            self.assertEqual(served.ask('/fork').body, b'0')
            self.assertEqual(served.ask('/child-returns').body, b'parent')
            self.assertEqual(served.ask('/echo', b'x').body, b'x')

    def test_a_killed_front_server_leaves_nothing_behind(self) -> None:
        with Served('--threads', '2', bind='127.0.0.1:0') as served:
            before = len(os.listdir(f'/proc/{served.process.pid}/fd'))
            for number in range(30):
                client = served.client()
                client.socket.sendall(request(PATH_INFO='/watched', QUERY_STRING=served.file(str(number))))
                self.assertEqual(client.next_record()[0], STDOUT)
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                client.close()
                until(lambda number=number: os.path.exists(served.file(str(number))), 'close() of the result')
            until(lambda: len(os.listdir(f'/proc/{served.process.pid}/fd')) <= before, 'that all are closed')
            self.assertEqual(served.ask('/').status, 0)

