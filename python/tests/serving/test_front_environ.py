"""The environ of foreign front servers: FCS-14."""

from __future__ import annotations

import io
import json
import unittest
import unittest.mock
from typing import Any, Dict, Optional, Tuple
from wsgiref.validate import check_environ

from portico_worker.wsgi.environ import base_environ
from portico_worker.fastcgi.pairs import encode
from portico_worker.serving.front_environ import FrontEnviron, mount_point

from .served import Served

_BASE = base_environ(4, False, 'Portico')


def environ_of(script_name: Optional[str] = None, **variables: str) -> Dict[str, Any]:
    mounted = None if script_name is None else mount_point(script_name)
    environ = FrontEnviron(_BASE, mounted).of_params(encode(variables.items()))
    assert environ is not None
    return environ


def paths(script_name: Optional[str] = None, **variables: str) -> Tuple[str, str]:
    environ = environ_of(script_name, **variables)
    return environ['SCRIPT_NAME'], environ['PATH_INFO']


class FrontEnvironTest(unittest.TestCase):
    def test_fcs_14_keeps_the_paths_of_the_front_server(self) -> None:
        self.assertEqual(paths(SCRIPT_NAME='/app', PATH_INFO='/a b', REQUEST_URI='/app/a%20b'), ('/app', '/a b'))
        self.assertEqual(paths(SCRIPT_NAME='/app/x', REQUEST_URI='/app/x'), ('/app/x', ''))
        self.assertEqual(paths(SCRIPT_NAME='', PATH_INFO='/x'), ('', '/x'))

    def test_fcs_14_makes_them_anew_below_a_script_name(self) -> None:
        for path, found in {
            '/app/a': ('/app', '/a'), '/app': ('/app', ''), '/app/': ('/app', '/'), '/apple': ('', '/apple'), '/': ('', '/'),
            '/other/app': ('', '/other/app'),
        }.items():
            self.assertEqual(paths('/app', SCRIPT_NAME=path), found)
            self.assertEqual(paths('/app/', SCRIPT_NAME=path, PATH_INFO=''), found)
            self.assertEqual(paths('/app', REQUEST_URI=path + '?a=/b'), found)
        self.assertEqual(paths('/app', SCRIPT_NAME='/app/s', PATH_INFO='/t'), ('/app', '/s/t'))
        self.assertEqual(paths('/app', REQUEST_URI='/app/%E4%BD%A0%3b'), ('/app', '/\xe4\xbd\xa0;'))
        for root in ('', '/'):
            self.assertEqual(paths(root, SCRIPT_NAME='/app/a'), ('', '/app/a'))
        # nginx, by old recipes: both are the whole path
        self.assertEqual(paths('/', SCRIPT_NAME='/a/b', PATH_INFO='/a/b', REQUEST_URI='/a/b'), ('', '/a/b'))

    def test_says_once_that_the_front_server_does_not_split_the_path(self) -> None:
        whole = {'SCRIPT_NAME': '/a b', 'REQUEST_URI': '/a%20b?q'}
        home = {'SCRIPT_NAME': '/', 'PATH_INFO': '', 'REQUEST_URI': '/'}
        split = {'SCRIPT_NAME': '/shop', 'PATH_INFO': '/', 'REQUEST_URI': '/shop/'}
        for requests, mounted, times in (
            ([whole, whole], None, 1), ([home, whole], None, 1), ([whole], '', 0), ([whole], '/shop', 0), ([split, whole], None, 0),
            ([{'SCRIPT_NAME': '', 'PATH_INFO': '/x', 'REQUEST_URI': '/x'}], None, 0), ([{'SCRIPT_NAME': '/shop', 'REQUEST_URI': '/x'}], None, 0),
        ):
            with self.subTest(requests=requests, mounted=mounted), unittest.mock.patch('sys.__stderr__', io.StringIO()) as said:
                environs = FrontEnviron(_BASE, mounted)
                for variables in requests:
                    environs.of_params(encode(variables.items()))
                self.assertEqual(said.getvalue().count('Start the application with --script-name / '), times)
                self.assertEqual(said.getvalue().count('\n'), times)

    def test_refuses_a_script_name_that_is_no_path(self) -> None:
        self.assertRaises(ValueError, mount_point, 'app')

    def test_takes_an_empty_length_for_none(self) -> None:
        self.assertNotIn('CONTENT_LENGTH', environ_of(CONTENT_LENGTH='', CONTENT_TYPE=''))

    def test_knows_the_scheme(self) -> None:
        for variables, scheme in (({}, 'http'), ({'HTTPS': 'on'}, 'https'), ({'HTTPS': 'off'}, 'http'), ({'REQUEST_SCHEME': 'https'}, 'https')):
            self.assertEqual(environ_of(**variables)['wsgi.url_scheme'], scheme)

    def test_lets_nobody_set_what_is_its_own(self) -> None:
        environ = environ_of(**{'HTTP_PROXY': 'x', 'wsgi.input': 'x', 'wsgi.multithread': 'x'})
        self.assertNotIn('HTTP_PROXY', environ)
        self.assertIs(environ['wsgi.input'], _BASE['wsgi.input'])
        self.assertIs(environ['wsgi.multithread'], True)

    def test_refuses_malformed_pairs(self) -> None:
        self.assertIsNone(FrontEnviron(_BASE, None).of_params(b'\5\5ab'))

    def test_is_an_environ_for_the_validator_whatever_is_missing(self) -> None:
        for variables in ({}, {'SCRIPT_NAME': '/'}, {'REQUEST_METHOD': 'GET', 'SCRIPT_NAME': '/x', 'CONTENT_LENGTH': ''}):
            environ = environ_of(**variables)
            environ['wsgi.errors'] = _Errors()
            check_environ(environ)

    def test_says_how_it_is_run(self) -> None:
        for options, several in ((('--threads', '1'), False), ((), True)):
            with Served(*options, '--script-name', '/m') as served:
                environ = json.loads(served.ask('/m/n').body)
                self.assertEqual((environ['SCRIPT_NAME'], environ['PATH_INFO']), ('/m', '/n'))
                self.assertEqual((environ['wsgi.multithread'], environ['wsgi.multiprocess'], environ['wsgi.run_once']), (several, False, False))


class _Errors:
    def write(self, text: str) -> None: ...

    def writelines(self, lines: Any) -> None: ...

    def flush(self) -> None: ...
