"""--reload, the worker's side: which files are told, how they looked, and what a failed request carries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List

from portico_worker.loading.sources import NO_FILE, stamp

from .client import Client, request
from .started import StartedWorker

APPLICATION = '''\
import json, words
def application(environ, start_response):
    if environ['PATH_INFO'] == '/late':
        import late
    if environ['PATH_INFO'] == '/template':
        open('page.html').close()
        open('notes.txt').close()
        open('written.html', 'w').close()
    if environ['PATH_INFO'] == '/raises':
        raise LookupError('gone \\x7f \\u20ac')
    start_response('200 OK', [])
    return [words.WORD]
'''


class SourcesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='portico-sources-'))
        self.addCleanup(shutil.rmtree, self.folder)
        for name, text in (
            ('app.py', APPLICATION), ('words.py', "WORD = b'one'\n"), ('late.py', ''), ('page.html', ''), ('notes.txt', ''),
        ):
            self.write(name, text)

    def write(self, name: str, text: str) -> str:
        path = self.path(name)
        with open(path, 'w') as file:
            file.write(text)
        return path

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def start(self, wsgi: str = 'app:application', **told: Any) -> StartedWorker:
        return StartedWorker(wsgi, directory=self.folder, **dict({'reload': True}, **told))

    def until(self, worker: StartedWorker, event: str) -> List[Dict[str, Any]]:
        """The events up to one of that name."""
        events = [worker.event()]
        while events[-1]['event'] != event:
            events.append(worker.event())
        return events

    def test_tells_the_sources_of_the_application_and_no_others(self) -> None:
        with self.start() as worker:
            events = self.until(worker, 'ready')
        self.assertEqual([event.get('path') for event in events], [self.path('app.py'), self.path('words.py'), None])
        self.assertEqual([event.get('stamp') for event in events[:2]], [stamp(self.path('app.py')), stamp(self.path('words.py'))])

    def test_tells_what_a_request_imports_and_the_templates_it_reads(self) -> None:
        with self.start() as worker:
            self.until(worker, 'ready')
            client = Client(worker.connect())
            for place, name in (('/late', 'late.py'), ('/template', 'page.html')):
                client.ask(request(PATH_INFO=place))
                self.assertEqual(worker.event()['path'], self.path(name))
            client.ask(request(PATH_INFO='/template'))
            worker.tell({'command': 'stacks'})
            self.assertEqual(worker.event()['event'], 'stacks')
            client.close()

    def test_tells_a_file_that_cannot_be_compiled_before_it_fails(self) -> None:
        self.write('words.py', 'WORD = (\n')
        with self.start() as worker:
            events = self.until(worker, 'failed')
        self.assertEqual(events[1]['path'], self.path('words.py'))
        self.assertIn('SyntaxError', events[-1]['traceback'])

    def test_tells_the_target_that_is_not_there(self) -> None:
        with self.start('nowhere.py') as worker:
            first = worker.event()
        self.assertEqual((first['path'], first['stamp']), (self.path('nowhere.py'), NO_FILE))

    def test_tells_nothing_unless_asked(self) -> None:
        with self.start(reload=False) as worker:
            self.assertEqual(worker.event()['event'], 'ready')

    def test_does_not_take_what_python_compiled_within_the_second_for_the_present(self) -> None:
        path = self.path('words.py')
        second = int(os.stat(path).st_mtime)
        os.utime(path, ns=(second * 10**9, second * 10**9))
        subprocess.run([sys.executable, '-m', 'compileall', '-q', self.folder], check=True)
        self.write('words.py', "WORD = b'two'\n")
        os.utime(path, ns=(second * 10**9 + 5, second * 10**9 + 5))
        with self.start() as worker:
            self.until(worker, 'ready')
            client = Client(worker.connect())
            self.assertEqual(client.ask(request()).body, b'two')
            client.close()

    def test_a_child_that_the_application_forks_imports_without_a_word(self) -> None:
        self.write('app.py', APPLICATION.replace('    import late', '    forked()') + (
            'import os\n'
            'def forked():\n'
            '    child = os.fork()\n'
            '    if child == 0:\n'
            '        import late\n'
            '        os._exit(0)\n'
            '    os.waitpid(child, 0)\n'
        ))
        with self.start() as worker:
            self.until(worker, 'ready')
            client = Client(worker.connect())
            self.assertEqual(client.ask(request(PATH_INFO='/late')).body, b'one')
            worker.tell({'command': 'stacks'})
            self.assertEqual(worker.event()['event'], 'stacks')
            client.close()

    def test_a_failed_request_carries_its_traceback_only_with_reload(self) -> None:
        for reload in (True, False):
            with self.start(reload=reload) as worker:
                self.until(worker, 'ready')
                client = Client(worker.connect())
                head = client.ask(request(PATH_INFO='/raises')).head.decode('ascii')
                client.close()
            told = [line for line in head.split('\r\n') if line.startswith('X-Portico-Failure: ')]
            value = told[0][len('X-Portico-Failure: application') :]
            self.assertNotIn('\x7f', value)
            if reload:
                self.assertIn("LookupError: gone \x7f \u20ac", json.loads(value))
                self.assertIn(self.path('app.py'), json.loads(value))
            else:
                self.assertEqual(value, '')


if __name__ == '__main__':
    unittest.main()
