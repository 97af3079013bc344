"""What becomes of an application's errors: the log, the 500, the verdict; and close(), always once."""

from __future__ import annotations

import io
import unittest
from contextlib import redirect_stderr
from threading import Event
from typing import Any, List

from .client import Reply, request
from .hosted import Hosted
from .started import DEADLINE
from .test_answer import Closing, answer, returning


def raising(error: BaseException) -> Any:
    def application(environ: Any, start_response: Any) -> Any:
        raise error

    return application


class FailureTest(unittest.TestCase):
    def failed(self, reply: Reply) -> None:
        self.assertTrue(reply.head.startswith(b'Status: 500 Internal Server Error\r\nX-Portico-Failure: application\r\n'), reply)
        self.assertEqual(reply.status, 0)

    def test_answers_500_and_logs_the_traceback_with_the_request(self) -> None:
        reply = answer(raising(ValueError('broken here')), REQUEST_ID='id-77', PATH_INFO='/some/path')
        self.failed(reply)
        text = reply.stderr.decode()
        self.assertIn('id-77', text)
        self.assertIn('/some/path', text)
        self.assertIn('ValueError: broken here', text)
        self.assertIn('test_failures.py', text)
        self.assertNotIn('call.py', text)

    def test_survives_every_kind_of_exception(self) -> None:
        for error in (SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError(), Exception(), StopIteration()):
            reply = answer(raising(error))
            self.failed(reply)
            self.assertIn(type(error).__name__.encode(), reply.stderr)

    def test_points_at_the_application_for_an_error_in_start_response(self) -> None:
        reply = answer(returning([b''], ('X-Bad', 'a\r\nb')))
        self.failed(reply)
        lines = reply.stderr.decode().splitlines()
        self.assertIn('start_response(status', ''.join(lines))
        self.assertNotIn('head.py', ''.join(lines))
        self.assertIn('control character', lines[-1])

    def test_says_what_is_wrong_with_a_result(self) -> None:
        for result, words in (
            ('text', b'returned str'), (b'octets', b'returned bytes'), (None, b'returned NoneType, which is not iterable'),
            (7, b'returned int, which is not iterable'), (['text'], b'yielded str'), ({'a': 1}, b'yielded str'),
            ([bytearray(b'x')], b'yielded bytearray'), (('a', b'b'), b'yielded str'), ([None], b'yielded NoneType'),
        ):
            reply = answer(returning(result))
            self.failed(reply)
            self.assertIn(words, reply.stderr)

    def test_says_that_start_response_was_not_called(self) -> None:
        for result in ([b'x'], [], iter([]), [b'', b'x'], Closing([b''])):
            with Hosted(lambda environ, start_response, result=result: result) as hosted:
                reply = hosted.client.ask(request())
                self.failed(reply)
                self.assertIn(b'start_response was not called', reply.stderr)

    def test_answers_500_while_nothing_is_out(self) -> None:
        reply = answer(returning(lambda: Closing([b'', b'', ValueError('late')])))
        self.failed(reply)

    def test_cuts_the_answer_short_when_the_head_is_out(self) -> None:
        reply = answer(returning(lambda: Closing([b'begun', ValueError('late')])))
        self.assertEqual((reply.stdout, reply.status), (b'Status: 200 OK\r\n\r\nbegun', 1))
        self.assertIn(b'ValueError: late', reply.stderr)

    def test_gives_no_body_to_a_failed_head(self) -> None:
        reply = answer(raising(ValueError()), REQUEST_METHOD='HEAD')
        self.failed(reply)
        self.assertEqual(reply.body, b'')

    def test_refuses_a_head_that_no_record_can_hold(self) -> None:
        self.failed(answer(returning([b''], *[('X-Many', 'v' * 500)] * 200)))

    def test_logs_an_exception_that_cannot_be_told(self) -> None:
        class Mute(Exception):
            def __str__(self) -> str:
                raise ValueError('no')

        reply = answer(raising(Mute()))
        self.failed(reply)
        self.assertIn(b'Mute', reply.stderr)


class CloseTest(unittest.TestCase):
    def closed_once(self, result: Closing, application: Any = None, **variables: str) -> Reply:
        with Hosted(application or returning(result)) as hosted:
            reply = hosted.client.ask(request(**variables))
        self.assertEqual(result.closed, 1)
        return reply

    def test_is_called_once_however_the_answer_ends(self) -> None:
        self.closed_once(Closing([b'a', b'b']))
        self.closed_once(Closing([]))
        self.closed_once(Closing([b'a']), REQUEST_METHOD='HEAD')
        self.closed_once(Closing([b'a', ValueError()]))
        self.closed_once(Closing([ValueError()]))
        self.closed_once(Closing(['text']))
        self.closed_once(Closing([b'a', SystemExit()]))
        unstarted = Closing([b'a'])
        self.closed_once(unstarted, lambda environ, start_response: unstarted)

    def test_changes_nothing_when_it_raises(self) -> None:
        for error in (ValueError('in close'), SystemExit('in close')):
            reply = self.closed_once(Closing([b'body'], error))
            self.assertEqual((reply.body, reply.status), (b'body', 0))
            self.assertIn(b'in close', reply.stderr)

    def test_runs_after_the_body_has_gone_out(self) -> None:
        taken = Event()

        class Late(Closing):
            def close(self) -> None:
                super().close()
                assert taken.wait(DEADLINE), 'the body did not go out before close()'

        result = Late([b'body'])
        with Hosted(returning(result)) as hosted:
            hosted.socket.sendall(request())
            self.assertEqual(hosted.client.next_record()[2], b'Status: 200 OK\r\n\r\nbody')
            taken.set()
            reply = hosted.client.reply()
        self.assertEqual((reply.status, reply.stderr, result.closed), (0, b'', 1))


class ErrorsTest(unittest.TestCase):
    def test_sends_lines_whole_and_the_rest_at_flush_or_the_end(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            errors = environ['wsgi.errors']
            errors.write('one ')
            errors.writelines(['line\ntwo\nthr', 'ee\n'])
            errors.flush()
            print('printed', 4, file=errors)
            errors.write('flushed')
            errors.flush()
            errors.write('\xe9\u4f60\ud800')
            with self.assertRaises(TypeError):
                errors.write(b'octets')
            start_response('200 OK', [])
            return [b'']

        with Hosted(application) as hosted:
            reply = hosted.client.ask(request())
        self.assertEqual(reply.stderr, 'one line\ntwo\nthree\nprinted 4\nflushed\xe9\u4f60\\ud800'.encode())

    def test_keeps_a_large_text_whole(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            environ['wsgi.errors'].write('x' * 200000 + '\n')
            start_response('200 OK', [])
            return [b'']

        with Hosted(application) as hosted:
            self.assertEqual(len(hosted.client.ask(request()).stderr), 200001)

    def test_falls_back_to_stderr_after_the_request(self) -> None:
        kept: List[Any] = []

        def application(environ: Any, start_response: Any) -> List[bytes]:
            kept.append(environ['wsgi.errors'])
            start_response('200 OK', [])
            return [b'']

        with Hosted(application) as hosted:
            hosted.client.ask(request())
            stderr = io.StringIO()
            with redirect_stderr(stderr):
                kept[0].write('too late\n')
            self.assertEqual(stderr.getvalue(), 'too late\n')
            self.assertEqual(hosted.client.ask(request()).stderr, b'')
