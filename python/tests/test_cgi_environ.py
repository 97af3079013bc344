"""The environ as a CGI program: RFC 3875 section 4.1, PEP 3333, and what servers make of them."""

from __future__ import annotations

import unittest
from typing import Any, Dict

from portico_worker.as_cgi.environ import cgi_environ


def environ_of(**variables: str) -> Dict[str, Any]:
    return cgi_environ((name.encode(), value.encode('latin-1')) for name, value in variables.items())


def path_of(script_name: str, path_info: str, uri: str) -> Any:
    environ = environ_of(SCRIPT_NAME=script_name, PATH_INFO=path_info, REQUEST_URI=uri)
    return environ['SCRIPT_NAME'], environ['PATH_INFO']


class CgiEnvironTest(unittest.TestCase):
    def test_gives_octets_as_latin_1(self) -> None:
        environ = cgi_environ([(b'PATH_INFO', b'/\xe4\xbd\xa0'), (b'X', b'\xff')])
        self.assertEqual((environ['PATH_INFO'], environ['X']), ('/\xe4\xbd\xa0', '\xff'))

    def test_has_what_pep_3333_wants(self) -> None:
        self.assertEqual(environ_of(), {
            'REQUEST_METHOD': 'GET', 'SCRIPT_NAME': '', 'PATH_INFO': '/', 'QUERY_STRING': '',
            'SERVER_NAME': 'localhost', 'SERVER_PORT': '80', 'SERVER_PROTOCOL': 'HTTP/1.0',
        })

    def test_takes_no_proxy_from_the_client(self) -> None:
        self.assertNotIn('HTTP_PROXY', environ_of(HTTP_PROXY='http://evil'))

    def test_finds_what_apache_renames_on_redirects(self) -> None:
        for name in ('REDIRECT_HTTP_AUTHORIZATION', 'REDIRECT_REDIRECT_HTTP_AUTHORIZATION'):
            self.assertEqual(environ_of(**{name: 'Basic x'})['HTTP_AUTHORIZATION'], 'Basic x')
            self.assertEqual(environ_of(**{name: 'Basic x'}, HTTP_AUTHORIZATION='')['HTTP_AUTHORIZATION'], 'Basic x')
            self.assertEqual(environ_of(**{name: 'old'}, HTTP_AUTHORIZATION='new')['HTTP_AUTHORIZATION'], 'new')
        self.assertNotIn('HTTP_AUTHORIZATION', environ_of(REDIRECT_HTTP_AUTHORIZATION=''))

    def test_knows_one_content_length_and_type(self) -> None:
        for name in ('CONTENT_LENGTH', 'CONTENT_TYPE'):
            self.assertNotIn(name, environ_of(**{name: ''}))
            environ = environ_of(**{name: '5', 'HTTP_' + name: '7'})
            self.assertEqual((environ[name], environ.get('HTTP_' + name)), ('5', None))
            self.assertEqual(environ_of(**{'HTTP_' + name: '7'})[name], '7')
            self.assertEqual(environ_of(**{name: '', 'HTTP_' + name: '7'})[name], '7')
        for length in ('-1', '+5', 'x', '\xb2', '1 ', '9' * 30):
            self.assertNotIn('CONTENT_LENGTH', environ_of(CONTENT_LENGTH=length))

    def test_leaves_a_right_path_alone(self) -> None:
        for script_name, path_info, uri in (
            ('/app', '/x', '/app/x?q'), ('/app', '', '/app'), ('', '/x', '/x'), ('/app', '/app', '/app/app'),
            ('/app', '/app/x', '/app/app/x'), ('/cgi-bin/app.cgi', '/foo', '/foo'), ('/app', '/apple', '/apple'),
            ('/app', '/x', ''), ('/app', '/app/x', ''),
        ):
            self.assertEqual(path_of(script_name, path_info, uri), (script_name, path_info))

    def test_splits_a_path_that_the_server_did_not_split(self) -> None:
        self.assertEqual(path_of('/app', '/app/x', '/app/x?q'), ('/app', '/x'))
        self.assertEqual(path_of('/app', '/app', '/app'), ('/app', ''))
        self.assertEqual(path_of('/a b', '/a b/\xe4\xbd\xa0', '/a%20b/%E4%BD%A0'), ('/a b', '/\xe4\xbd\xa0'))

    def test_finds_a_path_that_the_server_left_out(self) -> None:
        self.assertEqual(path_of('', '', '/x%20y?q'), ('', '/x y'))
        self.assertEqual(path_of('', '', ''), ('', '/'))
        self.assertEqual(path_of('', '', 'http://host/x'), ('', '/'))

    def test_gives_the_slash_to_path_info(self) -> None:
        self.assertEqual(path_of('/', '', '/'), ('', '/'))
        self.assertEqual(path_of('/', '/x', '/x'), ('', '/x'))
        self.assertEqual(path_of('/', 'x', '/x'), ('', '/x'))
        self.assertEqual(path_of('/app/', 'x', '/app/x'), ('/app', '/x'))
