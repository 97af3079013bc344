"""From a target to the application, and what is said when there is none."""

from __future__ import annotations

import sys
import textwrap
from unittest import mock

from portico_worker.loading import advice, trouble

from .loading import LoadingTestCase

GOOD = 'def application(environ, start_response):\n    return [__name__.encode()]\n'


class TargetTest(LoadingTestCase):
    def test_finds_callables_by_name(self) -> None:
        self.write('shop/__init__.py', '')
        self.write('shop/wsgi.py', GOOD + textwrap.dedent('''
            class Site:
                def __call__(self, environ, start_response):
                    return [b'site']
                def method(self, environ, start_response):
                    return [b'method']
            site = Site()
            def make():
                made.append(1)
                return site
            made = []
        '''))
        self.assertEqual(self.load('shop.wsgi:application')({}, None), [b'shop.wsgi'])
        self.assertEqual(self.load('shop.wsgi')({}, None), [b'shop.wsgi'])
        self.assertEqual(self.load('shop.wsgi:site')({}, None), [b'site'])
        self.assertEqual(self.load('shop.wsgi:site.method')({}, None), [b'method'])
        self.assertEqual(self.load('shop.wsgi:make()')({}, None), [b'site'])
        self.assertEqual(sys.modules['shop.wsgi'].made, [1])

    def test_falls_back_to_app(self) -> None:
        self.write('only_app.py', 'app = lambda environ, start_response: [b"app"]')
        self.assertEqual(self.load('only_app')({}, None), [b'app'])

    def test_loads_files(self) -> None:
        self.write('passenger_wsgi.py', GOOD)
        self.write('deep/er/wsgi.py', 'import beside\n' + GOOD)
        self.write('deep/er/beside.py', 'import wsgi\n')
        self.write('my-site.wsgi', GOOD)
        self.write('json.py', GOOD)
        self.assertEqual(self.load('passenger_wsgi.py')({}, None), [b'passenger_wsgi'])
        self.assertIs(self.load('passenger_wsgi.py'), self.load('passenger_wsgi'))
        self.assertEqual(self.load(f'{self.folder}/deep/er/wsgi.py:application')({}, None), [b'wsgi'])
        self.assertEqual(sys.path[0], self.folder)
        self.assertIn(f'{self.folder}/deep/er', sys.path)
        self.assertEqual(self.load('my-site.wsgi')({}, None), [b'my_site'])

    def test_never_puts_a_file_in_place_of_another_module(self) -> None:
        import json

        self.write('lib/json.py', GOOD)
        self.assertEqual(self.load('lib/json.py')({}, None), [b'portico_target_json'])
        self.assertIs(sys.modules['json'], json)

    def test_says_which_module_of_its_own_is_missing(self) -> None:
        self.write('shop/__init__.py', '')
        self.write('shop/wsgi.py', GOOD)
        self.failure('shpo.wsgi', 'module-not-found', f'module "shpo" was not found in "{self.folder}"', sys.prefix, 'Did you mean "shop"?')
        self.failure('shop.wsgy', 'module-not-found', 'module "shop.wsgy"', 'Did you mean "shop.wsgi"?')
        self.failure('quite_other', 'module-not-found', 'Set "directory" to the folder that holds "quite_other"', '"shop"')
        self.failure('no-module:app', 'module-not-found', 'names neither a module nor a file')
        self.failure('wsgj.py', 'module-not-found', 'there is no file')
        self.failure('shop/wsgj.py', 'module-not-found', f'there is no file "{self.folder}/shop/wsgj.py"', 'Did you mean "wsgi.py"?')
        self.failure('/no/such/wsgi.py', 'module-not-found', 'there is no directory "/no/such"')

    def test_says_who_imports_a_module_that_is_not_installed(self) -> None:
        self.write('shop.py', 'import os\n\nfrom no_such_thing.inner import x\n')
        failure = self.failure(
            'shop', 'module-not-found', f'"{self.folder}/shop.py" line 3 imports module "no_such_thing"',
            'is not installed', sys.executable, 'pip install no_such_thing', '-m venv .venv',
        )
        self.assertIn('ModuleNotFoundError', failure.details)

    def test_names_another_interpreter_that_has_the_module(self) -> None:
        self.write('shop.py', 'import no_such_thing\n')
        with mock.patch.object(advice, 'other_interpreters_with', return_value=['/opt/python']), \
                mock.patch.object(trouble, 'other_interpreters_with', return_value=['/opt/python']):
            self.failure('shop', 'module-not-found', '"/opt/python" has "no_such_thing": set "python" to it')
            self.failure('no_such_thing', 'module-not-found', '"/opt/python" has it')

    def test_says_which_attribute_is_missing_and_what_there_is(self) -> None:
        self.write('shop.py', 'def aplication(environ, start_response): pass\ndef other(): pass\nX = 1\n')
        self.failure('shop:application', 'attribute-missing', 'module "shop" has no attribute "application"', 'Did you mean "aplication"?')
        self.failure('shop', 'attribute-missing', 'neither "application" nor "app"', '"aplication", "other"', f'{self.folder}/shop.py')
        self.failure('shop:X.y', 'attribute-missing', 'int in "shop" has no attribute "y"')
        self.failure('shop:other(1)', 'attribute-missing', 'empty parentheses')

    def test_says_what_cannot_be_called(self) -> None:
        self.write('shop.py', '''
            import json
            config = {}
            def make(): return None
            def create_app(): pass
            def many(a, b, c): pass
            async def asgi(scope, receive, send): pass
            class Fast:
                async def __call__(self, scope, receive, send): pass
            fast = Fast()
        ''')
        self.failure('shop:config', 'not-callable', '"config" is a dict')
        self.failure('shop:json', 'not-callable', '"json" is a module')
        self.failure('shop:make()', 'not-callable', '"make()" returned a NoneType')
        self.failure('shop:config()', 'not-callable', '"config" is a dict')
        self.failure('shop:create_app', 'not-callable', 'takes ()', 'write "create_app()"')
        self.failure('shop:many', 'not-callable', 'takes (a, b, c)')
        self.failure('shop:asgi', 'not-callable', 'ASGI')
        self.failure('shop:fast', 'not-callable', 'ASGI')

    def test_accepts_every_callable_that_takes_the_two(self) -> None:
        self.write('shop.py', '''
            import functools
            class Kind:
                def __init__(self, environ, start_response): pass
            def decorated(function):
                @functools.wraps(function)
                def inner(*arguments): return []
                return inner
            @decorated
            def wrapped(): pass
            partial = functools.partial(lambda one, environ, start_response: [], 1)
            builtin = max
        ''')
        for name in ('Kind', 'wrapped', 'partial', 'builtin'):
            self.assertTrue(callable(self.load(f'shop:{name}')))

    def test_shows_the_traceback_of_an_import_without_our_frames(self) -> None:
        for text, words in (
            ('def f():\n    raise ValueError("broken")\nf()\n', ('raised ValueError: broken', 'line 2, in f', 'line 3, in <module>')),
            ('x = (\n', ('raised SyntaxError', 'shop.py')),
            ('import sys\nsys.exit(2)\n', ('raised SystemExit: 2',)),
            ('import json.no_such\n', ()),
        ):
            sys.modules.pop('shop', None)
            self.write('shop.py', text)
            sys.path_importer_cache.clear()
            reason = 'import-error' if words else 'module-not-found'
            failure = self.failure('shop', reason, *words)
            self.assertIn('shop.py', failure.details)
        self.write('factory.py', 'def make():\n    raise OSError("no database")\n')
        self.failure('factory:make()', 'import-error', 'calling "make()" of "factory" raised OSError: no database', 'line 2, in make')
