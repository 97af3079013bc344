"""What is said about forms that Django refuses, and when the traceback of a view is left to the project's handlers."""

from __future__ import annotations

import io
import logging
import sys
import unittest
from types import SimpleNamespace
from unittest import mock

from portico_worker.loading.django_watch import MOST_NAMED, FailedRequests, RefusedForms


def refused(origin: str, scheme: str = 'http', host: str = 'shop.example') -> logging.LogRecord:
    """As Django 4 and later log it."""
    reason = f'Origin checking failed - {origin} does not match any trusted origins.'
    record = logging.LogRecord('django.security.csrf', logging.WARNING, '', 0, 'Forbidden (%s): %s', (reason, '/form'), None)
    record.request = SimpleNamespace(scheme=scheme, META={'HTTP_ORIGIN': origin, 'HTTP_HOST': host})
    return record


class WatchTest(unittest.TestCase):
    def setUp(self) -> None:
        self.said = io.StringIO()
        patch = mock.patch.object(sys, 'stderr', self.said)
        patch.start()
        self.addCleanup(patch.stop)

    def lines(self) -> 'list[str]':
        return self.said.getvalue().splitlines()

    def test_tells_a_proxy_that_hides_the_scheme(self) -> None:
        handler = RefusedForms(logging.WARNING)
        for _ in range(3):
            handler.handle(refused('https://shop.example'))
        self.assertEqual(len(self.lines()), 1)
        self.assertIn('from "https://shop.example", but the request was for "http://shop.example". Only the scheme', self.lines()[0])
        self.assertIn('SECURE_PROXY_SSL_HEADER', self.lines()[0])

    def test_tells_another_name(self) -> None:
        RefusedForms(logging.WARNING).handle(refused('https://www.shop.example'))
        self.assertIn("CSRF_TRUSTED_ORIGINS = ['https://www.shop.example']", self.lines()[0])

    def test_shows_hostile_names_on_one_line_and_not_without_end(self) -> None:
        handler = RefusedForms(logging.WARNING)
        handler.handle(refused('https://a\n\x1b[31m\u202e' + 'x' * 5000))
        self.assertEqual(len(self.lines()), 1)
        self.assertTrue(self.lines()[0].isascii() and self.lines()[0].isprintable())
        self.assertLess(len(self.lines()[0]), 700)
        for number in range(3 * MOST_NAMED):
            handler.handle(refused(f'https://a{number}'))
        self.assertEqual(len(self.lines()), MOST_NAMED + 1)
        self.assertIn('more names', self.lines()[-1])

    def test_says_nothing_about_a_missing_cookie(self) -> None:
        args = ('CSRF cookie not set.', '/form')
        handler = RefusedForms(logging.WARNING)
        handler.handle(logging.LogRecord('django.security.csrf', logging.WARNING, '', 0, 'Forbidden (%s): %s', args, None))
        self.assertEqual(self.lines(), [])

    def test_writes_a_traceback_only_when_nobody_else_does(self) -> None:
        logger = logging.getLogger('portico.test.request')
        logger.propagate = False
        ours, theirs = FailedRequests(logging.ERROR), logging.StreamHandler(io.StringIO())
        logger.addHandler(ours)
        self.addCleanup(logger.handlers.clear)

        def fail() -> 'list[str]':
            try:
                raise KeyError('crate')
            except KeyError:
                logger.error('Internal Server Error', exc_info=True)
            said = self.lines()
            self.said.truncate(0)
            self.said.seek(0)
            return said

        self.assertEqual(fail()[-1], "KeyError: 'crate'")
        logger.addHandler(theirs)
        self.assertEqual(fail(), [])
        theirs.addFilter(lambda record: False)  # as require_debug_true
        self.assertEqual(fail()[0], 'Internal Server Error')


if __name__ == '__main__':
    unittest.main()
