"""The environ: PEP 3333, "environ Variables"."""

from __future__ import annotations

import unittest
from typing import Any, Dict, List

from portico_worker.wsgi.environ import base_environ
from portico_worker.wsgi.file_wrapper import FileWrapper

from .client import Client, request
from .hosted import Hosted
from .started import StartedWorker


def environ_of(**variables: str) -> Dict[str, Any]:
    """What the application got."""
    seen: List[Dict[str, Any]] = []

    def application(environ: Any, start_response: Any) -> List[bytes]:
        seen.append(environ)
        start_response('200 OK', [])
        return []

    with Hosted(application) as hosted:
        hosted.client.ask(request(**variables))
    return seen[0]


class EnvironTest(unittest.TestCase):
    def test_is_a_dict_of_native_strings_with_the_wsgi_variables(self) -> None:
        environ = environ_of(PATH_INFO='/\xe4\xbd\xa0')
        self.assertIs(type(environ), dict)
        self.assertEqual(environ['PATH_INFO'], '/\xe4\xbd\xa0')
        self.assertEqual(environ['wsgi.version'], (1, 0))
        self.assertIs(environ['wsgi.file_wrapper'], FileWrapper)
        self.assertIs(environ['wsgi.input_terminated'], True)
        self.assertIs(environ['wsgi.run_once'], False)
        self.assertEqual({type(value) for name, value in environ.items() if '.' not in name}, {str})
        self.assertNotIn('PATH', environ)

    def test_names_the_scheme_of_the_connection(self) -> None:
        self.assertEqual(environ_of()['wsgi.url_scheme'], 'http')
        self.assertEqual(environ_of(HTTPS='on')['wsgi.url_scheme'], 'https')
        self.assertEqual(environ_of(HTTPS='off')['wsgi.url_scheme'], 'http')
        self.assertEqual(environ_of(REQUEST_SCHEME='https')['wsgi.url_scheme'], 'https')

    def test_is_new_for_every_request(self) -> None:
        def application(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [('X-Seen', str('mine' in environ))])
            environ['mine'] = environ['SERVER_NAME'] = 'x'
            environ['wsgi.version'] = None
            return []

        with Hosted(application) as hosted:
            for _ in range(3):
                self.assertIn(b'X-Seen: False', hosted.client.ask(request()).head)

    def test_says_truly_whether_there_are_threads_and_processes(self) -> None:
        for threads, processes in ((1, False), (4, True)):
            base = base_environ(threads, processes, 'x')
            self.assertEqual((base['wsgi.multithread'], base['wsgi.multiprocess']), (threads > 1, processes))

    def test_runs_as_many_requests_at_once_as_there_are_threads(self) -> None:
        with StartedWorker('barrier:application', threads=3) as worker:
            self.assertEqual(worker.event()['event'], 'ready')
            clients = [Client(worker.connect()) for _ in range(3)]
            for client in clients:
                client.socket.sendall(request())
            self.assertEqual({client.reply().body for client in clients}, {b'met'})
            for client in clients:
                client.close()
