"""Scripts for CGI and flup as targets: what they hand over, and what their loading leaves behind."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import textwrap
from threading import Event, Thread
from typing import Any, List
from wsgiref.handlers import BaseCGIHandler, CGIHandler

from portico_worker.loading import promotion

from .loading import LoadingTestCase

APP = '''
def {name}(environ, start_response):
    start_response('200 OK', [])
    return [__name__.encode()]
'''
MAIN = "if __name__ == '__main__':\n    "
#: The first line of a script.
FLUP = 'from flup.server.fcgi import WSGIServer\n'
SERVERS = ('fcgi', 'fcgi_fork', 'fcgi_single', 'scgi', 'scgi_fork', 'ajp', 'cgi')


class PromotionTest(LoadingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.number = 0
        promotion._known.clear()

    def tearDown(self) -> None:
        self.assertNotIn('run', vars(BaseCGIHandler))
        self.assertEqual([name for name in sys.modules if name.split('.')[0] == 'flup'], [])

    def script(self, text: str, suffix: str = '.py') -> str:
        self.number += 1
        name = f'script{self.number}{suffix}'
        self.write(name, text)
        return name

    def answer(self, text: str, suffix: str = '.py', attribute: str = '') -> Any:
        """What the application answers that the script hands over."""
        application = self.load(self.script(text, suffix) + attribute)
        return b''.join(application({}, lambda status, fields: None))

    def test_takes_what_a_handler_of_wsgiref_would_run(self) -> None:
        for call in (
            'import wsgiref.handlers\nwsgiref.handlers.CGIHandler().run(site)',
            'from wsgiref.handlers import CGIHandler as Handler\nHandler().run(site)',
            'from wsgiref.handlers import IISCGIHandler\nhandler = IISCGIHandler()\nhandler.run(site)',
            'import sys, os\nfrom wsgiref.handlers import BaseCGIHandler\n'
            'BaseCGIHandler(sys.stdin, sys.stdout, sys.stderr, os.environ).run(site)',
            'from wsgiref.handlers import CGIHandler\nclass Own(CGIHandler):\n    def run(self, application):\n'
            '        return super().run(application)\nOwn().run(site)',
        ):
            for suffix in ('.py', '.cgi', '.fcgi', ''):
                self.assertEqual(self.answer(APP.format(name='site') + call, suffix), b'script%d' % self.number)

    def test_takes_what_any_server_of_flup_would_run(self) -> None:
        for server in SERVERS:
            for call in (
                f'from flup.server.{server} import WSGIServer\nWSGIServer(site).run()',
                f'import sys\nfrom flup.server.{server} import WSGIServer\n'
                'sys.exit(WSGIServer(site, bindAddress="/s").run())',
                f'import flup.server.{server}\nflup.server.{server}.WSGIServer(site, multithreaded=False).run()',
                f'from flup.server import {server} as module\nclass Own(module.WSGIServer):\n    debug = False\n'
                'Own(site).run()',
            ):
                self.assertEqual(self.answer(APP.format(name='site') + call, '.fcgi'), b'script%d' % self.number)

    def test_adds_the_environ_that_flup_was_told(self) -> None:
        self.assertEqual(self.answer(
            'from flup.server.fcgi import WSGIServer\n'
            'WSGIServer(lambda environ, start_response: [environ["KEY"].encode()], {"KEY": "value"}).run()'), b'value')

    def test_runs_what_stands_under_main_when_it_is_needed(self) -> None:
        handler = 'from wsgiref.handlers import CGIHandler\n'
        for guard in (MAIN, 'if "__main__" == __name__:\n    '):
            text = handler + APP.format(name='site') + guard
            self.assertEqual(self.answer(text + 'CGIHandler().run(site)'), b'script%d' % self.number)
            exiting = 'import sys; sys.exit(CGIHandler().run(site))'
            self.assertEqual(self.answer(text + exiting), b'script%d' % self.number)
        inside = 'def main():\n    CGIHandler().run(site)\n' + MAIN + 'main()'
        self.assertEqual(self.answer(handler + APP.format(name='site') + inside), b'script%d' % self.number)
        wrapped = 'def wrap(inner):\n    return lambda *both: [b"wrapped"]\n' + MAIN
        for call in ('CGIHandler().run(wrap(app))', FLUP + '    WSGIServer(wrap(app)).run()'):
            self.assertEqual(self.answer(handler + APP.format(name='app') + wrapped + call), b'wrapped')

    def test_runs_nothing_under_main_when_the_application_is_there(self) -> None:
        for name in ('application', 'app'):
            text = 'from wsgiref.handlers import CGIHandler\n' + APP.format(name=name) + MAIN
            call = f'CGIHandler().run({name})'
            for body in (call, f'raise OSError\n    {call}', f'{name}.run(debug=True)'):
                self.assertEqual(self.answer(text + body), b'script%d' % self.number)
        text = '# flup\n' + APP.format(name='other') + MAIN + 'raise OSError'
        self.assertEqual(self.answer(text, attribute=':other'), b'script%d' % self.number)

    def test_prefers_what_is_handed_over_and_what_the_target_names_to_both(self) -> None:
        text = 'from flup.server.fcgi import WSGIServer\n' + APP.format(name='application')
        text += 'WSGIServer(lambda *both: [b"handed over"]).run()'
        self.assertEqual(self.answer(text), b'handed over')
        self.assertEqual(self.answer(text, attribute=':application'), b'script%d' % self.number)

    def test_stops_at_the_call_as_at_a_server_that_runs(self) -> None:
        self.write('seen.py', 'lines = []')
        for behind in (
            'seen.lines.append("behind")', 'raise ValueError', 'sys.exit(3)', 'undefined',
        ):
            text = f'import seen, sys\nseen.lines.append(1)\n{FLUP}{APP.format(name="site")}'
            self.answer(f'{text}\nWSGIServer(site).run()\n{behind}')
            self.answer(f'{text}\ntry:\n    WSGIServer(site).run()\nexcept Exception:\n    pass\n{behind}')
        import seen  # type: ignore[import-not-found]

        self.assertEqual(seen.lines, [1] * 8)

    def test_takes_the_first_when_a_script_goes_on(self) -> None:
        text = FLUP + 'try:\n    WSGIServer(lambda *both: [b"first"]).run()\nexcept:\n    pass\n'
        self.assertEqual(self.answer(text), b'first')
        self.assertEqual(self.answer(text + 'WSGIServer(lambda *both: [b"second"]).run()'), b'first')

    def test_is_one_module_however_often_it_is_loaded(self) -> None:
        name = self.script(f'{FLUP}{APP.format(name="site")}WSGIServer(site).run()', '.fcgi')
        self.assertIs(self.load(name), self.load(os.path.join(self.folder, name)))
        self.assertIs(sys.modules['script1'].site, self.load(name))

    def test_leaves_other_files_as_they_are(self) -> None:
        self.assertEqual(self.answer(APP.format(name='app') + MAIN + 'raise OSError'), b'script1')
        unnamed = self.script(APP.format(name='site') + MAIN + 'raise OSError')
        self.failure(unnamed, 'attribute-missing', 'neither "application" nor "app"')
        self.failure(self.script('import flupp.server\n# no f-l-u-p'), 'module-not-found', 'flupp')

    def test_says_what_is_wrong_with_a_script(self) -> None:
        text, broken = FLUP, 'raise OSError("no database")'
        self.failure(self.script(text + 'WSGIServer({}).run()'), 'not-callable', 'dict')
        self.failure(self.script(text + 'WSGIServer(lambda environ: []).run()'), 'not-callable', 'takes (environ)')
        self.failure(self.script(text + broken), 'import-error', 'OSError: no database', 'line 2')
        self.failure(self.script(text + 'import sys\nsys.exit(2)'), 'import-error', 'SystemExit: 2')
        self.failure(self.script(text + MAIN + broken), 'import-error', 'OSError: no database', 'line 3')
        self.failure(self.script(text), 'attribute-missing', 'neither "application" nor "app"')
        self.failure(self.script('import flup.server.other'), 'module-not-found', 'flup.server.other')
        self.assertEqual([name for name in sys.modules if name.startswith('script')], ['script1', 'script2', 'script6'])

    def test_knows_a_script_that_prints_its_answer(self) -> None:
        words = ('prints its answer itself', 'Mount it as a CGI script')
        for text in (
            'print("Content-Type: text/plain\\n")\nprint("hello")', "import sys\nsys.stdout.write('Status: 404\\r\\n')",
            'import cgi\ncgi.test()', 'print("Content-type: text/html\\n")\nimport os\nos.environ["QUERY_STRING_"]',
            'print("content-type:text/html\\n")\nimport sys\nsys.exit(0)',
        ):
            with contextlib.redirect_stdout(io.StringIO()):
                self.failure(self.script(text, '.cgi'), 'attribute-missing', *words)
        perl = self.script('#!/usr/bin/perl -w\nprint "hello";', '.cgi')
        self.failure(perl, 'attribute-missing', 'no Python', '#!/usr/bin/perl -w')
        self.failure(
            self.script('"Content-Type: x"\ndef wsgi(environ, start_response): pass\nraise OSError("other")'),
            'import-error', 'OSError: other')

    def test_lets_other_threads_use_wsgiref_meanwhile(self) -> None:
        """In embedded mode another application runs while this one is loaded."""
        begun, go_on = Event(), Event()
        sys.modules['gate'] = gate = type(sys)('gate')
        gate.pause = lambda: (begun.set(), go_on.wait(20))  # type: ignore[attr-defined]
        name = self.script(
            'import gate\nfrom wsgiref.handlers import CGIHandler\ngate.pause()\n'
            'CGIHandler().run(lambda *both: [b"slow"])')
        loaded: List[Any] = []
        thread = Thread(target=lambda: loaded.append(self.load(name)))
        thread.start()
        try:
            self.assertTrue(begun.wait(20))
            out = io.BytesIO()
            variables = {'REQUEST_METHOD': 'GET', 'SERVER_PROTOCOL': 'HTTP/1.0'}
            handler = BaseCGIHandler(io.BytesIO(), out, io.StringIO(), variables)
            handler.run(lambda environ, start_response: start_response('200 OK', []) and [b'run'])
            self.assertTrue(out.getvalue().endswith(b'run'))
            self.assertEqual(self.answer(textwrap.dedent('''
                from flup.server.fcgi import WSGIServer
                WSGIServer(lambda *both: [b'quick']).run()
            ''')), b'quick')
            self.assertIn('run', vars(BaseCGIHandler))
        finally:
            go_on.set()
            thread.join(20)
        self.assertEqual(loaded[0]({}, None), [b'slow'])
        self.assertIs(CGIHandler.run, BaseCGIHandler.run)

    def test_gives_back_a_flup_that_is_installed(self) -> None:
        self.write('flup/__init__.py', '')
        self.write('flup/server/__init__.py', '')
        self.write('flup/server/fcgi.py', 'WSGIServer = None')
        self.write('flup/middleware/__init__.py', '')
        self.write('flup/middleware/gzip.py', 'def wrap(inner):\n    return lambda *both: [b"gzip"]')
        import flup.server.fcgi  # type: ignore[import-not-found]

        real = {name: module for name, module in sys.modules.items() if name.startswith('flup')}
        self.assertEqual(self.answer(
            f'from flup.middleware.gzip import wrap\n{FLUP}WSGIServer(wrap(None)).run()'), b'gzip')
        self.assertEqual({name: sys.modules[name] for name in real}, real)
        self.assertIsNone(flup.server.fcgi.WSGIServer)
        for name in [name for name in sys.modules if name.startswith('flup')]:
            del sys.modules[name]
