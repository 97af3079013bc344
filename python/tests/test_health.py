"""The worker's own request before it takes any."""

from __future__ import annotations

import unittest
from typing import Any, Dict, List

from portico_worker.wsgi.environ import base_environ
from portico_worker.failure import StartFailure
from portico_worker.worker.health import Health, check_health

HEALTH = Health('/healthz?deep=1', '/shop', 'shop.example.com')


def base() -> Dict[str, Any]:
    return base_environ(2, True, 'Portico/0')


class HealthTest(unittest.TestCase):
    def failure(self, application: Any) -> StartFailure:
        with self.assertRaises(StartFailure) as raised:
            check_health(application, base(), HEALTH)
        self.assertEqual(raised.exception.reason, 'health')
        return raised.exception

    def test_asks_as_a_client_of_the_mount_would(self) -> None:
        seen: Dict[str, Any] = {}
        closed: List[bool] = []

        class Result:
            def __iter__(self) -> Any:
                return iter([b'fine'])

            def close(self) -> None:
                closed.append(True)

        def application(environ: Dict[str, Any], start_response: Any) -> Any:
            seen.update(environ)
            start_response('204 No Content', [])
            return Result()

        check_health(application, base(), HEALTH)
        wanted = {
            'REQUEST_METHOD': 'GET',
            'SCRIPT_NAME': '/shop',
            'PATH_INFO': '/healthz',
            'QUERY_STRING': 'deep=1',
            'HTTP_HOST': 'shop.example.com',
            'wsgi.multithread': True,
        }
        self.assertEqual({name: seen[name] for name in wanted}, wanted)
        self.assertEqual(closed, [True])

    def test_runs_under_the_validator(self) -> None:
        from wsgiref.validate import validator

        def application(environ: Dict[str, Any], start_response: Any) -> Any:
            start_response('302 Found', [('Location', '/'), ('Content-Type', 'text/plain')])
            return [b'']

        check_health(validator(application), base(), HEALTH)

    def test_takes_a_status_of_failure_for_one_and_shows_what_was_said(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> Any:
            def blocks() -> Any:
                start_response('503 Service Unavailable', [])
                yield b'the database is away'
                yield b'x' * 5000

            return blocks()

        failure = self.failure(application)
        self.assertIn('"503 Service Unavailable"', failure.message)
        self.assertIn('the database is away', failure.details)
        self.assertLess(len(failure.details), 1100)

    def test_shows_the_traceback_of_what_is_raised(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> Any:
            raise SystemExit(3)

        failure = self.failure(application)
        self.assertIn('SystemExit', failure.message)
        self.assertIn('raise SystemExit(3)', failure.details)

    def test_says_so_when_nothing_was_answered(self) -> None:
        self.assertIn('"nothing"', self.failure(lambda environ, start_response: []).message)


if __name__ == '__main__':
    unittest.main()
