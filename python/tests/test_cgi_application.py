"""A WSGI application as a CGI program: RFC 3875 and PEP 3333, one process for one request."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from typing import Any, Dict

from .one_request import APPS, Reply, ask, command, environment
from .started import DEADLINE, PACKAGE

CUT_SHORT = -signal.SIGTERM
HELLO = b'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello'


def case(name: str, body: bytes = b'', **more: Any) -> Reply:
    return ask(f'one_request:{name}', body, **more)


class StartTest(unittest.TestCase):
    def test_answers_however_it_is_started(self) -> None:
        target = 'one_request:hello'
        for words in (
            command(target), [sys.executable, PACKAGE, 'cgi', '--directory', APPS, target],
            [sys.executable, PACKAGE, 'cgi', f'--directory={APPS}', 'one_request.py:hello', '--directory', '/no'],
            [sys.executable, PACKAGE, 'cgi', target],
        ):
            done = subprocess.run(
                words, env=environment(), stdout=subprocess.PIPE, timeout=DEADLINE, check=True, cwd=APPS)
            self.assertEqual(done.stdout, HELLO)

    def test_imports_little_and_nothing_of_ours_by_its_short_name(self) -> None:
        modules = case('imports').body.decode().split()
        # The application imports json, subprocess and threading itself.
        for name in ('slot', 'connection', 'console', 'trouble', 'stand_ins', 'records', 'control'):
            self.assertNotIn(f'portico_worker.{name}', modules)
        source = 'import sys\ndef application(e, s):\n s("200 OK", [])\n return [" ".join(sys.modules).encode()]\n'
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'bare.py'), 'w', encoding='ascii') as file:
                file.write(source)
            for target in ('bare', 'bare.py'):
                done = subprocess.run(
                    [sys.executable, '-I', '-S', *command(target, folder)[1:]], env=environment(),
                    stdout=subprocess.PIPE, timeout=DEADLINE, check=True,
                )
                heavy = {'typing', 're', 'enum', 'threading', 'socket', 'inspect', 'json', 'collections'}
                heavy.add('importlib.util')
                self.assertEqual(heavy & set(done.stdout.decode().split()), set(), target)

    def test_says_how_it_is_used(self) -> None:
        for words in ([], ['--directory'], ['--directory', '/tmp'], ['--other', 'x', 'y'], ['-d']):
            done = subprocess.run(
                [sys.executable, PACKAGE, 'cgi', *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=DEADLINE, check=False,
            )
            self.assertEqual((done.returncode, done.stdout), (2, b''))
            self.assertIn(b'usage: PYTHON portico_worker cgi [--directory DIR] TARGET', done.stderr)

    def test_says_why_an_application_cannot_be_started(self) -> None:
        for target, directory, words in (
            ('one_reqest', APPS, ('Cannot load application "one_reqest"', 'Did you mean "one_request"?')),
            ('one_request:helo', APPS, ('has no attribute "helo"', 'Did you mean "hello"?')),
            ('one_request:takes_one', APPS, ('takes (environ)', 'WSGI calls it with (environ, start_response)')),
            ('hello', '/no/such', ('Cannot enter the directory of application "hello", "/no/such": No such file',)),
        ):
            reply = ask(target, directory=directory)
            self.assertEqual((reply.status, reply.head.split(b'\r\n')[:2]), (
                1, [b'Status: 500 Internal Server Error', b'Content-Type: text/plain']))
            self.assertEqual(reply.body, b'The application failed.\n')
            for word in words:
                self.assertIn(word, reply.stderr)
        self.assertEqual(ask('no_such', REQUEST_METHOD='HEAD').body, b'')

    def test_takes_any_callable_that_takes_the_two(self) -> None:
        self.assertEqual(case('cross').body, b'any')

    def test_holds_the_descriptors_that_its_server_left_closed(self) -> None:
        shell = 'exec "$@" 0<&- 2>&-'
        words = ['sh', '-c', shell, 'sh', *command('one_request:read')]
        told = environment(CONTENT_LENGTH='5')
        done = subprocess.run(words, env=told, stdout=subprocess.PIPE, timeout=DEADLINE, check=False)
        self.assertIn(b'Status: 500', done.stdout)
        words[-1] = 'one_request:valid'
        done = subprocess.run(words, env=environment(), stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
        self.assertIn(b'Status: 200', done.stdout)


class EnvironTest(unittest.TestCase):
    def variables(self, **variables: Any) -> Dict[str, Any]:
        return json.loads(case('variables', **variables).body)

    def test_says_what_a_cgi_program_is(self) -> None:
        seen = self.variables()
        self.assertEqual(
            {name: seen[f'wsgi.{name}'] for name in ('multithread', 'multiprocess', 'run_once', 'url_scheme')},
            {'multithread': False, 'multiprocess': True, 'run_once': True, 'url_scheme': 'http'},
        )
        self.assertIn('FileWrapper', seen['wsgi.file_wrapper'])
        self.assertEqual((seen['SCRIPT_NAME'], seen['PATH_INFO']), ('/app', '/x'))
        self.assertEqual(seen['SERVER_SOFTWARE'], 'Apache/2.4')

    def test_names_the_scheme(self) -> None:
        self.assertEqual(self.variables(HTTPS='on')['wsgi.url_scheme'], 'https')
        self.assertEqual(self.variables(REQUEST_SCHEME='https')['wsgi.url_scheme'], 'https')

    def test_lets_no_variable_of_the_process_in_place_of_its_own(self) -> None:
        seen = self.variables(**{'wsgi.url_scheme': 'gopher', 'HTTP_PROXY': 'http://evil'})
        self.assertEqual(seen['wsgi.url_scheme'], 'http')
        self.assertNotIn('HTTP_PROXY', seen['os.environ'])
        self.assertIn('HTTP_PROXY', self.variables(HTTP_PROXY='http://own', REQUEST_METHOD=None)['os.environ'])

    def test_passes_octets_through_any_locale(self) -> None:
        for locale in ('C', 'C.UTF-8'):
            seen = self.variables(PATH_INFO=b'/\xe4\xbd\xa0\xff', LC_ALL=locale)
            self.assertEqual(seen['PATH_INFO'], '/\xe4\xbd\xa0\xff')


class InputTest(unittest.TestCase):
    def test_reads_as_in_the_worker(self) -> None:
        body = b'first\nsecond\nthird\nfourth'
        self.assertEqual(case('read', body).body, b'fir|st\n|second\n|third\n|fourth|')
        self.assertEqual(case('read').body, b'||')
        self.assertEqual(case('valid', b'body', REQUEST_METHOD='POST').body, b'body')

    def test_takes_content_length_octets_and_no_more(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(b'12345678')
            file.flush()
            file.seek(0)
            done = subprocess.run(
                command('one_request:echo'), env=environment(CONTENT_LENGTH='5'), stdin=file, stdout=subprocess.PIPE,
                timeout=DEADLINE, check=True,
            )
            self.assertTrue(done.stdout.endswith(b'\r\n\r\n12345'))
            self.assertEqual(os.lseek(file.fileno(), 0, os.SEEK_CUR), 5)

    def test_does_not_wait_for_an_input_that_nobody_announced(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for length in (None, '', '0', 'x'):
                done = subprocess.run(
                    command('one_request:read'), env=environment(CONTENT_LENGTH=length), stdin=theirs,
                    stdout=subprocess.PIPE, timeout=DEADLINE, check=True,
                )
                self.assertTrue(done.stdout.endswith(b'||'))

    def test_reads_to_the_end_where_the_server_says_that_there_is_one(self) -> None:
        for told in ({'HTTP_TRANSFER_ENCODING': 'chunked'}, {'SERVER_SOFTWARE': 'Portico/1'}):
            self.assertEqual(case('echo', b'chunks', CONTENT_LENGTH=None, **told).body, b'chunks')

    def test_raises_when_the_input_is_short(self) -> None:
        reply = case('read', b'abc', CONTENT_LENGTH='10')
        self.assertIn('the request body ended after 3 of 10 octets', reply.stderr)
        self.assertIn(b'Status: 500', reply.head)

    def test_moves_much_both_ways_at_once(self) -> None:
        body = os.urandom(1 << 20) * 4
        self.assertTrue(case('echo', body).body == body)

    def test_works_on_descriptors_that_do_not_block(self) -> None:
        body = os.urandom(1 << 20)
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        theirs.setblocking(False)
        process = subprocess.Popen(
            command('one_request:echo'), env=environment(CONTENT_LENGTH=str(len(body))), stdin=theirs, stdout=theirs)
        theirs.close()
        sender = threading.Thread(target=ours.sendall, args=(body,))
        sender.start()
        with ours, ours.makefile('rb') as stream:
            content = stream.read()
        sender.join(DEADLINE)
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertTrue(content.endswith(body))


class OutputTest(unittest.TestCase):
    def test_writes_a_whole_answer(self) -> None:
        self.assertEqual(case('hello'), (HELLO, '', 0))
        self.assertEqual(case('hello', REQUEST_METHOD='HEAD'), (HELLO[:-5], '', 0))

    def test_sends_every_block_before_the_next_is_made_and_ends_with_the_last(self) -> None:
        reading, writing = os.pipe()
        process = subprocess.Popen(
            command('one_request:stepwise'), env=environment(STEP=str(reading)), stdout=subprocess.PIPE,
            pass_fds=[reading], stdin=subprocess.DEVNULL)
        os.close(reading)
        assert process.stdout is not None
        out = process.stdout.fileno()
        try:
            self.assertEqual(self.until(out, b'begun'), b'Status: 200 OK\r\n\r\nbegun')
            for _ in range(3):
                os.write(writing, b'.')
                self.assertEqual(os.read(out, 100), b'more')
            os.close(writing)
            self.assertEqual(os.read(out, 100), b'')
            self.assertEqual(process.wait(DEADLINE), 0)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def until(self, descriptor: int, end: bytes) -> bytes:
        content = b''
        while not content.endswith(end):
            block = os.read(descriptor, 100)
            self.assertTrue(block, content)
            content += block
        return content

    def test_calls_close(self) -> None:
        self.assertEqual(case('closing'), (b'Status: 200 OK\r\n\r\nonetwo', 'closed\n', 0))

    def test_sends_files(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            content = os.urandom(300000)
            file.write(content)
            file.flush()
            reply = case('file', FILE=file.name)
            self.assertTrue(reply.body == content)
            self.assertIn(b'Content-Length: 300000', reply.head)
            self.assertEqual(case('file', FILE=file.name, REQUEST_METHOD='HEAD').body, b'')
        self.assertEqual(case('file', FILE='/dev/null').body, b'')

    def test_keeps_what_is_printed_out_of_the_answer(self) -> None:
        reply = case('prints', b'input')
        self.assertEqual(reply.stdout, b'Status: 200 OK\r\nContent-Length: 5\r\n\r\ninput')
        self.assertEqual(sorted(reply.stderr.split('\n')), ['', 'of a child', 'printed', 'told', 'written'])

    def test_writes_to_a_file_as_to_a_pipe(self) -> None:
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as errors:
            file.write(b'before ')
            file.flush()
            subprocess.run(
                command('one_request:prints'), env=environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=errors,
                timeout=DEADLINE, check=True)
            file.seek(0)
            errors.seek(0)
            self.assertEqual(file.read(), b'before Status: 200 OK\r\nContent-Length: 0\r\n\r\n')
            self.assertEqual(sorted(errors.read().split()), [b'a', b'child', b'of', b'printed', b'told', b'written'])

    def test_ends_the_output_although_a_child_lives(self) -> None:
        reading, writing = os.pipe()
        process = subprocess.Popen(
            command('one_request:leaves_a_child'), env=environment(STEP=str(reading)), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, pass_fds=[reading])
        os.close(reading)
        assert process.stdout is not None
        with process.stdout:
            self.assertTrue(process.stdout.read().endswith(b'hello'))  # the child waits for the end of its pipe
        os.close(writing)
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_is_quiet_when_nobody_reads(self) -> None:
        process = subprocess.Popen(
            command('one_request:echo'), env=environment(CONTENT_LENGTH='1000000'), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        with process.stdin, process.stderr:
            try:
                process.stdin.write(b'x' * 1000000)
                process.stdin.flush()
            except BrokenPipeError:
                pass
            self.assertEqual((process.stderr.read(), process.wait(DEADLINE)), (b'', 0))


class FailureTest(unittest.TestCase):
    def test_answers_500_while_the_head_is_not_out(self) -> None:
        reply = case('raises', REQUEST_ID='id-7')
        self.assertEqual(reply.stdout, (
            b'Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n\r\n'
            b'The application failed.\n'))
        self.assertEqual(reply.status, 0)
        for word in ('ValueError: broken here', 'one_request.py', "in request id-7: 'GET /app/x'"):
            self.assertIn(word, reply.stderr)
        self.assertNotIn('call.py', reply.stderr)
        self.assertEqual(case('raises', REQUEST_METHOD='HEAD').body, b'')

    def test_tells_portico_to_put_its_own_page_there(self) -> None:
        self.assertIn(b'\r\nX-Portico-Failure: application\r\n', case('raises', SERVER_SOFTWARE='Portico/1').head)

    def test_ends_by_a_signal_when_the_answer_is_cut_short(self) -> None:
        reply = case('raises_late')
        self.assertEqual((reply.stdout, reply.status), (b'Status: 200 OK\r\n\r\nbegun', CUT_SHORT))
        self.assertIn('ValueError: too late', reply.stderr)
        self.assertIn('closed', reply.stderr)
        reply = case('raises_again')
        self.assertEqual((reply.body, reply.status), (b'begun', CUT_SHORT))
        reply = case('too_short')
        self.assertEqual((reply.body, reply.status), (b'short', CUT_SHORT))
        self.assertIn('94 octets less than its Content-Length', reply.stderr)

    def test_runs_exit_handlers_and_threads_before_it_ends_by_a_signal(self) -> None:
        reply = case('ends_in_order')
        self.assertEqual(reply.status, CUT_SHORT)
        self.assertIn('thread\n', reply.stderr)
        self.assertIn('exit handler\n', reply.stderr)

    def test_cuts_what_is_too_long_and_replaces_a_head_that_is_not_out(self) -> None:
        reply = case('too_long')
        self.assertEqual((reply.body, reply.status), (b'hell', 0))
        self.assertIn('more than its Content-Length', reply.stderr)
        reply = case('replaces')
        self.assertEqual((reply.head, reply.status), (b'Status: 418 Teapot\r\nContent-Length: 3', 0))
