"""What is started, with what, and what is said of a script that cannot be."""

from __future__ import annotations

import os
import resource
import stat
import sys
import tempfile
import unittest
from typing import Any

from portico_worker.cgi.arguments import arguments
from portico_worker.cgi.settings import settings_of
from portico_worker.cgi.shebang import python_of
from portico_worker.fastcgi.pairs import encode
from portico_worker.fastcgi.records import BEGIN, BEGIN_BODY, OVERLOADED, PARAMS, STDIN, record, split

from ..client import request
from ..started import DEADLINE, StartedWorker
from .both_ways import Ways
from .launched import Launched


class ArgumentsTest(unittest.TestCase):
    def test_are_the_words_of_a_query_without_equals_signs(self) -> None:
        self.assertEqual(arguments(b'GET', b'a+b%20c'), [b'a', b'b c'])
        self.assertEqual(arguments(b'HEAD', b'%e4+x%3dy'), [b'\xe4', b'x=y'])

    def test_are_none_when_one_cannot_be_passed_on(self) -> None:
        for query in (b'', b'a=b', b'a+b=', b'a%00b', b'+'.join([b'a'] * 101), b'a' * 9000):
            self.assertEqual(arguments(b'GET', query), [])
        self.assertEqual(arguments(b'POST', b'a+b'), [])
        self.assertEqual(len(arguments(b'GET', b'+'.join([b'a'] * 100))), 100)

    def test_are_never_options(self) -> None:
        for query in (b'-s', b'-d+allow_url_include%3d1', b'%2ds', b'a+-s', b'a+%2d%2dx'):
            self.assertEqual(arguments(b'GET', query), [])


class FirstLineTest(unittest.TestCase):
    def test_names_a_python(self) -> None:
        for line, found in {
            b'#!/usr/bin/python3\n': (b'/usr/bin/python3', (), False),
            b'#! /usr/bin/python3.11 -u \n': (b'/usr/bin/python3.11', (b'-u',), False),
            b'#!/usr/bin/env python3\n': (b'python3', (), True),
            b'#!/usr/bin/env -S python3 -E -W error\n': (b'python3', (b'-E', b'-W', b'error'), True),
        }.items():
            self.assertEqual(python_of(line), found)

    def test_is_left_to_the_kernel_otherwise(self) -> None:
        for line in (
            b'', b'\x7fELF', b'#!\n', b'#!/bin/sh\n', b'#!/usr/bin/python3\r\n', b'#!/usr/bin/python3', b'#!python3\n',
            b'#!/usr/bin/python3 -u -E\n', b'#!/usr/bin/python3 -m '
                                           b'cgi\n', b'#!/usr/bin/python3 -c\n', b'#!/usr/bin/env -S\n',
            b'#!/usr/bin/env A=b python3\n', b'#!/usr/bin/env -S A=b python3\n', b'#!/usr/bin/env -S python3 -W '
                                                                                 b'"a b"\n',
            b'#!/usr/bin/python3 -i\n', b'#!/usr/bin/pypy3\n', b'#!/usr/bin/python2.7\n',
        ):
            self.assertIsNone(python_of(line), line)


class UnrunnableTest(Ways):
    def _refused(self, path: str, status: int, *words: bytes, **variables: str) -> None:
        reply = self.launched.ask(path, **variables)
        self.assertEqual((reply.status, reply.stdout, reply.protocol), (status, b'', 0), reply)
        self.assertEqual(reply.stderr.count(b'\n'), 1)
        for word in words:
            self.assertIn(word, reply.stderr)

    def test_is_not_there(self) -> None:
        missing = os.path.join(self.launched.scripts, 'missing')
        self._refused(missing, 127, missing.encode(), b'does not exist')
        os.symlink('/nowhere/at/all', os.path.join(self.launched.scripts, 'dangling'))
        self._refused(os.path.join(self.launched.scripts, 'dangling'), 127, b'/nowhere/at/all')
        self._refused('', 127, b'not an absolute path')
        self._refused('script.cgi', 127, b'not an absolute path')

    def test_lies_elsewhere(self) -> None:
        link = os.path.join(self.launched.scripts, 'link')
        os.symlink('/bin/echo', link)
        self._refused(link, 126, b'outside of the directories')
        self._refused('/bin/echo', 126, b'outside')
        self._refused(os.path.join(self.launched.scripts, '..', '..', 'bin', 'echo'), 126, b'outside')
        with tempfile.TemporaryDirectory(prefix=os.path.basename(self.launched.scripts), dir='/tmp') as beside:
            path = os.path.join(beside, 'x')
            with open(path, 'w') as file:
                file.write('#!/bin/sh\n')
            os.chmod(path, 0o755)
            self._refused(path, 126, b'outside')

    def test_lies_where_a_link_was_turned_to(self) -> None:
        with tempfile.TemporaryDirectory() as top:
            for name in ('1', '2', 'other'):
                os.mkdir(os.path.join(top, name))
                with open(os.path.join(top, name, 'x'), 'w') as file:
                    file.write(f'#!/bin/sh\necho {name}\n')
                os.chmod(os.path.join(top, name, 'x'), 0o755)
            current = os.path.join(top, 'current')
            os.symlink('1', current)
            with Launched(roots=[current]) as launched:
                self.assertEqual(launched.ask(os.path.join(current, 'x')).stdout, b'1\n')
                os.symlink('2', os.path.join(top, 'next'))
                os.replace(os.path.join(top, 'next'), current)
                self.assertEqual(launched.ask(os.path.join(current, 'x')).stdout, b'2\n')
                self.assertEqual(launched.ask(os.path.join(top, 'other', 'x')).status, 126)

    def test_is_no_file(self) -> None:
        self._refused(self.launched.scripts, 126, b'outside')
        folder = os.path.join(self.launched.scripts, 'folder')
        os.mkdir(folder)
        self._refused(folder, 126, b'is a directory')
        os.mkfifo(os.path.join(folder, 'fifo'), 0o777)
        self._refused(os.path.join(folder, 'fifo'), 126, b'not a regular file')

    def test_has_a_first_line_that_leads_nowhere(self) -> None:
        script = self.launched.script
        self._refused(script('#!/nowhere/perl\n'), 127, b'names "/nowhere/perl", which does not exist')
        self._refused(script('#!/bin/sh\r\necho\r\n'), 127, b'carriage return', b'sed -i')
        self._refused(script('echo no first line\n'), 126, b'no "#!" line')
        self._refused(script('\ufeff#!/bin/sh\n'), 126, b'byte order mark')
        self._refused(script('\x7fELF'), 126, b'another kind of processor')
        self._refused(script('#!python\n', mode=0o644), 126, b'chmod +x')
        self._refused(script('#!/etc/passwd\n'), 126, b'may not execute')

    def test_does_not_harm_the_next(self) -> None:
        client = self.launched.client()
        for _ in range(3):
            self.assertEqual(client.ask(request(SCRIPT_FILENAME='/bin/nothing')).status, 127)
            path = self.launched.script('#!/bin/sh\necho fine\n')
            self.assertEqual(client.ask(request(SCRIPT_FILENAME=path)).stdout, b'fine\n')
        client.close()


class WarmUnrunnableTest(UnrunnableTest):
    warm = 'auto'


def _cases(warm: bool) -> Any:
    class Surroundings(Ways):
        def test_has_the_environ_and_nothing_else(self) -> None:
            reply = self.python('import os\nprint("\\n".join(sorted(os.environ)))\n')
            names = reply.stdout.decode().split()
            self.assertEqual(
                names,
                sorted([
                    'GATEWAY_INTERFACE', 'SERVER_SOFTWARE', 'SERVER_NAME', 'SERVER_PORT', 'SERVER_PROTOCOL',
                    'DOCUMENT_ROOT', 'SCRIPT_NAME', 'REQUEST_SCHEME', 'REQUEST_METHOD', 'REQUEST_URI',
                    'PATH_INFO', 'QUERY_STRING',
                    'REMOTE_ADDR', 'REMOTE_PORT', 'REQUEST_ID', 'HTTP_HOST', 'HTTP_USER_AGENT', 'HTTP_ACCEPT', 'PATH',
                    'LANG', 'SCRIPT_FILENAME',
                ]),
            )

        def test_drops_what_no_environment_holds(self) -> None:
            reply = self.python(
                'import os\nprint(sorted(n for n in os.environ if n.startswith("X")), os.environb[b"X_OK"])\n',
                **{'X_OK': '\xe4=\n', 'X=Y': 'z', 'X_NUL': 'a\0b', 'X\0': 'a'},
            )
            self.assertEqual(reply.stdout, b"['X_OK'] b'\\xe4=\\n'\n")

        def test_overrides_the_base(self) -> None:
            self.assertEqual(self.python('import os\nprint(os.environ["PATH"])\n', PATH='/x').stdout, b'/x\n')

        def test_runs_in_its_directory_in_a_group_of_its_own(self) -> None:
            reply = self.python(
                'import os, resource\nprint(os.getcwd())\nprint(os.getpgid(0) == os.getpid(), os.getsid(0) != '
                'os.getpid())\n'
                'print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])\nprint(sorted(os.listdir("/proc/self/fd")))\n'
            )
            folder, group, files, descriptors = reply.stdout.decode().splitlines()
            self.assertEqual((folder, group), (self.launched.scripts, 'True True'))
            self.assertLessEqual(int(files), 1024)
            self.assertEqual(descriptors, "['0', '1', '2', '3']")

        def test_has_default_signals_behind_python(self) -> None:
            reply = self.python(
                'import subprocess\n'
                'print(subprocess.check_output(["grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"]).decode())\n'
            )
            _, blocked, _, ignored = reply.stdout.split()
            internal = 3 << 31  # 32 and 33 are glibc's own; its posix_spawn leaves them ignored
            self.assertEqual((int(blocked, 16), int(ignored, 16) & ~internal), (0, 0))

        def test_sees_nothing_of_an_earlier_request(self) -> None:
            text = (
                'import json, os, sys, random\nprint(hasattr(json, "mine"), "MINE" in os.environ, os.getcwd() '
                '== "/", len(sys.path))\n'
                'json.mine = os.environ["MINE"] = "x"\nos.chdir("/")\nsys.path.append("/x")\nprint(random.random())\n'
            )
            first, second = (self.python(text).stdout.splitlines() for _ in range(2))
            self.assertEqual(first[0], second[0])
            self.assertTrue(second[0].startswith(b'False False False'))
            self.assertNotEqual(first[1], second[1])

        def test_sees_a_change_at_once(self) -> None:
            for number in range(5):
                self.assertEqual(self.python(f'print({number})\n').stdout, b'%d\n' % number)
            path = self.launched.script('#!python\nprint("old")\n')
            self.assertEqual(self.launched.ask(path).stdout, b'old\n')
            self.launched.script('#!python\nprint("new")\n', 'other')
            os.replace(os.path.join(self.launched.scripts, 'other'), path)
            self.assertEqual(self.launched.ask(path).stdout, b'new\n')

        def test_follows_a_link_within_its_roots(self) -> None:
            os.makedirs(os.path.join(self.launched.scripts, 'real'), exist_ok=True)
            self.launched.script('#!python\nimport os, sys\nprint(sys.path[0], os.getcwd(), __file__)\n', 'real/linked')
            path = os.path.join(self.launched.scripts, 'link.cgi')
            os.symlink('real/linked', path)
            scripts = self.launched.scripts
            self.assertEqual(self.launched.ask(path).stdout.decode().split(), [f'{scripts}/real', scripts, path])

    Surroundings.warm = warm
    return Surroundings


class ExecutedSurroundingsTest(_cases(False)):  # type: ignore[misc]
    """By exec."""


class WarmSurroundingsTest(_cases(True)):  # type: ignore[misc]
    """By fork."""


class SettingsTest(unittest.TestCase):
    def test_reads_the_line(self) -> None:
        settings = settings_of('{"application": "a", "socket": "/s", "roots": ["/"], "time": null, '
                               '"environment": {"A": "\\u00e4"}}')
        self.assertEqual((settings.time, settings.kill_time, settings.slots), (0, 3, 1))
        self.assertTrue(settings.roots is not None and settings.roots.hold(b'/any/where'))
        self.assertEqual(settings.environment, {b'A': '\xe4'.encode()})

    def test_fails_to_start_with_a_reason(self) -> None:
        class Failing(StartedWorker):
            arguments = ('launcher',)

        for told, reason in (
            ({'socket': '/nowhere/at/all.sock'}, 'socket'), ({'user': 'no-such-user'}, 'user'),
            ({'slots': 'many'}, 'import-error'),
        ):
            with Failing('', **told) as launcher:
                event = launcher.event()
                self.assertEqual((event['event'], event['reason']), ('failed', reason))
                self.assertEqual(launcher.process.wait(DEADLINE), 3)

    def test_says_that_it_is_ready(self) -> None:
        with Launched(socket_mode=0o600) as launched:
            ready = launched.ready
            self.assertEqual((ready['event'], ready['pid']), ('ready', launched.process.pid))
            self.assertEqual(ready['python'], '.'.join(map(str, sys.version_info[:3])))
            self.assertEqual(ready['stack_signal'], 0)
            self.assertEqual(stat.S_IMODE(os.stat(launched.path).st_mode), 0o600)

    def test_runs_a_fixed_command(self) -> None:
        with Launched(command=['echo', 'fixed', '-n'], roots=None) as launched:
            for path in ('/nowhere/x.php', ''):
                self.assertEqual(launched.ask(path, QUERY_STRING='a+b').stdout, b'fixed -n\n')
        with Launched(command=['no-such-program']) as launched:
            self.assertIn(b'not in PATH', launched.ask('').stderr)

    def test_runs_in_a_fixed_directory(self) -> None:
        with Launched(directory='/usr') as launched:
            self.assertEqual(launched.run('#!/bin/sh\npwd\n').stdout, b'/usr\n')
        with Launched(directory='/nowhere') as launched:
            reply = launched.run('#!/bin/sh\npwd\n')
            self.assertEqual(reply.status, 126)
            self.assertIn(b'"/nowhere"', reply.stderr)

    def test_sets_limits(self) -> None:
        text = (
            '#!python\nimport resource\nprint([resource.getrlimit(getattr(resource, "RLIMIT_" + n)) for n in '
            '("CPU", "AS", "NOFILE", "FSIZE", "CORE")])\nprint(__import__("os").getcwd())\n'
        )
        limits = {'cpu': 7, 'memory': 1 << 30, 'files': 99, 'file_size': 1 << 20, 'core': 0}
        for warm in (False, True):
            with Launched(warm=warm, rlimits=limits) as launched:
                reply = launched.run(text)
                values, folder = reply.stdout.decode().splitlines()
                self.assertEqual(values, str([(7, 8), *((n, n) for n in (1 << 30, 99, 1 << 20, 0))]))
                self.assertEqual(folder, launched.scripts)
                self.assertEqual(launched.run('#!/nowhere/x\n').status, 127)
                reply = launched.run('#!python\nopen("large", "wb").write(bytes(2 << 20))\n')
                self.assertEqual(reply.status, 1)
                self.assertIn(b'File too large', reply.stderr)

    def test_says_when_no_process_can_be_had(self) -> None:
        with Launched(slots=2) as launched:
            pid, files = launched.process.pid, resource.RLIMIT_NOFILE
            soft, hard = resource.prlimit(pid, files)
            path = launched.script('#!/bin/sh\necho fine\n')
            first = launched.client()
            self.assertEqual(first.ask(request(SCRIPT_FILENAME=path)).stdout, b'fine\n')
            resource.prlimit(pid, files, (12, hard))
            reply = first.ask(request(SCRIPT_FILENAME=path))
            self.assertEqual(reply.protocol, OVERLOADED, reply)
            self.assertIn(b'open files', reply.stderr)
            resource.prlimit(pid, files, (soft, hard))
            self.assertEqual(first.ask(request(SCRIPT_FILENAME=path)).stdout, b'fine\n')
            first.close()


class UnevenRequestTest(Ways):
    def test_takes_a_request_octet_by_octet(self) -> None:
        path = self.launched.script('#!/bin/sh\ncat\n')
        variables = encode([('SCRIPT_FILENAME', path), ('REQUEST_METHOD', 'POST'), ('A' * 200, 'b' * 300)])
        whole = (
            record(BEGIN, 7, BEGIN_BODY.pack(1, 1)) + split(PARAMS, 7, variables) + record(PARAMS, 7)
            + split(STDIN, 7, b'input') + record(STDIN, 7)
        )
        client = self.launched.client()
        for at in range(len(whole)):
            client.socket.sendall(whole[at : at + 1])
        self.assertEqual(client.reply(7).stdout, b'input')
        client.close()
